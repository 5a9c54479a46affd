"""Runs the labs' Ansible playbooks on a machine. The only module that imports ansible_runner."""

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from provisioner.core import signals
from provisioner.core.errors import HostError, MachineError
from provisioner.core.progress import Step
from provisioner.provision import ansible_in_guest
from provisioner.provision.scratch import workplace
from provisioner.seats.seat import Seat

# Ansible's own settings, as environment, with a file of ours: no ansible.cfg of the user changes what a lab is.
_SETTINGS = {
    "ANSIBLE_PIPELINING": "True",
    "ANSIBLE_HOST_KEY_CHECKING": "True",
    "ANSIBLE_TIMEOUT": "60",  # for a login: its own 10 s are too few on a busy host that emulates
    "ANSIBLE_RETRY_FILES_ENABLED": "False",
    "ANSIBLE_INTERPRETER_PYTHON": "/usr/bin/python3",
    "ANSIBLE_NOCOLOR": "1",
    "ANSIBLE_DEPRECATION_WARNINGS": "False",
    "ANSIBLE_LOCALHOST_WARNING": "False",
    "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "False",
}


def run(seat: Seat, playbook: Path, roles: Path, variables: Mapping[str, Any], step: Step) -> int:
    """Runs a playbook against the seat's machine as root; returns how many tasks changed something.

    The log of the run stays in the seat's logs folder. Raises MachineError with the failed task's own words.
    """
    values = {"lab_nonce": seat.nonce, **variables}
    if ansible_in_guest.wanted():
        return ansible_in_guest.run(seat, playbook, roles, values, step, _count(playbook, roles))
    try:
        import ansible_runner
    except ImportError:
        raise HostError("Ansible cannot run on this host", hint="LAB_ANSIBLE=guest runs it in the machine") from None

    folder = seat.logs / playbook.parent.name / playbook.stem
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "ansible.cfg").write_text(ansible_in_guest.CONFIG)
    watch = _Watch(step, _count(playbook, roles))
    # The runner takes signals for itself, and keeps them: Ctrl-C after it would be lost.
    with workplace(seat) as temporary, signals.restored():
        # By plain names: to Ansible a comma, a colon or braces in a path are its own.
        plain = {"run": folder, "project": playbook.parent, "roles": roles, "ssh_config": seat.ssh_config}
        for name, path in plain.items():
            Path(temporary, name).symlink_to(path)
        result = ansible_runner.run(
            playbook=playbook.name, extravars=values, event_handler=watch.event, **_arguments(temporary, folder)
        )
        # Read while the plain names are there.
        changed = int(sum((result.stats or {}).get("changed", {}).values())) if result.status == "successful" else 0
    if result.status == "canceled":  # Ctrl-C, which the runner takes for itself
        raise KeyboardInterrupt
    if result.status != "successful":
        raise _failure(playbook, folder, watch.failure, result.status)
    return changed


def _arguments(temporary: str, folder: Path) -> dict[str, Any]:
    """Of ansible_runner, whatever the playbook. temporary: the folder with the plain names; folder: of the logs."""
    environment = {
        **_SETTINGS, **_mitogen(), "ANSIBLE_CONFIG": str(folder / "ansible.cfg"), "ANSIBLE_ROLES_PATH": f"{temporary}/roles",
        "PATH": _path(), "TMPDIR": temporary,
    }  # fmt: skip
    return {
        "private_data_dir": f"{temporary}/run", "project_dir": f"{temporary}/project", "envvars": environment,
        "inventory": {"all": {"hosts": {"root": None}, "vars": _connection(f"{temporary}/ssh_config")}},
        "quiet": True, "suppress_env_files": True, "rotate_artifacts": 1,
    }  # fmt: skip


def _failure(playbook: Path, folder: Path, task: str, status: str) -> MachineError:
    """task: the failed one's own words, if there were any."""
    log = next((folder / "artifacts").glob("*/stdout"), folder)
    evidence = task or (log.read_text(errors="replace")[-1500:] if log.is_file() else status)
    return MachineError(
        f"the playbook {playbook.parent.name}/{playbook.name} failed", evidence=evidence, hint=f"the whole log: {log}"
    )


def _connection(ssh_config: str) -> dict[str, str]:
    return {
        "ansible_ssh_common_args": f"-F {shlex.quote(ssh_config)}",
        # The seat's ssh_config multiplexes already; Ansible's own settings would open a second connection.
        "ansible_ssh_args": "",
        "ansible_python_interpreter": "/usr/bin/python3",
    }


def _mitogen() -> dict[str, str]:
    """Keeps one Python in the machine for all tasks: on an emulated one most of a task is starting its own."""
    spec = find_spec("ansible_mitogen")
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        return {}
    return {"ANSIBLE_STRATEGY": "mitogen_linear", "ANSIBLE_STRATEGY_PLUGINS": str(Path(folders[0], "plugins", "strategy"))}


def _path() -> str:
    """Where this environment's own ansible-playbook is found first."""
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def _count(playbook: Path, roles: Path) -> int:
    """About how many tasks there are: for the progress only."""
    plays = yaml.safe_load(playbook.read_text(encoding="utf-8"))
    names = [r if isinstance(r, str) else r["role"] for play in plays for r in play.get("roles", [])]
    tasks = sum(len(play.get("tasks", [])) for play in plays)
    files = [f for name in names for f in (roles / name / "tasks").glob("main.yml")]
    return tasks + sum(len(yaml.safe_load(f.read_text(encoding="utf-8")) or []) for f in files) + 1


class _Watch:
    """Turns the runner's events into progress, and keeps the words of a failure."""

    def __init__(self, step: Step, expected: int) -> None:
        self.step = step
        self.expected = expected
        self.started = 0
        self.failure = ""

    def event(self, event: dict[str, Any]) -> bool:
        data = event.get("event_data", {})
        match event.get("event"):
            case "playbook_on_task_start":
                self.started += 1
                self.step.detail(f"{self.started} of {max(self.expected, self.started)}: {data.get('task', '')}")
            case "runner_on_failed" | "runner_on_unreachable" if not data.get("ignore_errors"):
                result = data.get("res", {})
                texts = [str(result[k]) for k in ("msg", "stderr", "stdout") if result.get(k)]
                self.failure = f"task: {data.get('task')}\nhost: {data.get('host')}\n" + "\n".join(texts)
        return True
