"""The page of environment variables. That it has all that the code reads is tested: tests/unit/test_reference.py."""

import re
from pathlib import Path

from tools.reference.markdown import generated, table

_ROOT = Path(__file__).parents[2]
_SOURCES = ("lab", "lab.cmd", "Vagrantfile")
_NAME = re.compile(r"\bLAB_(?!TEST_)[A-Z_]*[A-Z]\b|\bLIBVIRT_DEFAULT_URI\b|\bVAGRANT_HOME\b|\bCI\b(?=\")")
INTERNAL = {"LAB_TOPOLOGY": "what `lab` tells the Vagrantfile"}
VARIABLES = {
    "LAB_HOME": "One folder for all state and all that is cached. Without it: the platform's own folders "
    "(Linux: `~/.local/state/lab` and `~/.cache/lab`).",
    "LAB_BUILTIN": "`no` hides the labs that come with the project (for tests).",
    "LAB_LABS": "Folders of your own labs, separated as in `PATH`, beside those of the project.",
    "LAB_LAUNCHER": "Set by the launchers of a checkout: the command as it was typed, which next steps repeat.",
    "LAB_DRIVER": "The driver where `--driver` names none (`qemu`, `lxc`, `vagrant`, `vagrant:PROVIDER`). It precedes the line "
    "`driver: NAME` in `config.yaml` of the state folder.",
    "LAB_YES": "`1`: assume yes, do not prompt (as `--yes`), when a server of your own is changed.",
    "CI": "Set to anything: assume yes, do not prompt.",
    "LAB_ANSIBLE": "`guest`: run Ansible in the machine, as on hosts that Ansible does not support (Windows).",
    "LAB_SSH_CONFIG": "An ssh_config file for the driver `ssh`, for the first login.",
    "LAB_SSH_FORCE": "`1`: take a server that already runs containers or a firewall. "
    "It may lose them. With `lab destroy`: give the seat up, and leave the server as it is.",
    "LAB_VENV": "Where the launcher `./lab` keeps its virtual environment (default: `.venv` beside it).",
    "LAB_PYTHON": "The Python that the launcher `./lab` makes it of.",
    "LAB_BOX": "The box for `vagrant up labN` by hand (default: bento/ubuntu-24.04).",
    "LAB_BOOT_TIMEOUT": "Seconds that Vagrant waits for a machine to boot.",
    "LIBVIRT_DEFAULT_URI": "Which libvirt the driver `vagrant:libvirt` asks, as for libvirt's own programs.",
    "VAGRANT_HOME": "Where Vagrant keeps its boxes, as for Vagrant itself.",
}


def page() -> str:
    rows = [(f"`{name}`", text) for name, text in VARIABLES.items()]
    return f"# Environment variables\n\n{generated('tools/reference/environment.py')}\n{table(('variable', 'meaning'), rows)}"


def read_by_the_code() -> set[str]:
    """The names that stand in the package, the launchers and the Vagrantfile."""
    files = [*(_ROOT / "provisioner").rglob("*.py"), *(_ROOT / name for name in _SOURCES)]
    return {name for file in files for name in _NAME.findall(file.read_text(encoding="utf-8"))} - set(INTERNAL)
