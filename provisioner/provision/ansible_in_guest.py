"""Runs the same playbooks with an Ansible in the machine: Ansible has no Windows control node.

LAB_ANSIBLE=guest asks for it on any host. ansible-core comes from the machine's distribution, once, with the layer that
needs it first.
"""

import base64
import io
import json
import os
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from provisioner.core import process
from provisioner.core.errors import MachineError
from provisioner.core.progress import Step
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

_GUEST_FOLDER = "/run/lab-ansible"
_INSTALL = """
command -v ansible-playbook >/dev/null && exit 0
export DEBIAN_FRONTEND=noninteractive
apt-get update -q && apt-get install -y -q -o DPkg::Lock::Timeout=300 --no-install-recommends ansible-core
"""
# A file of its own, so that no settings of the machine apply. There is no variable for this one: while a task runs, Ansible
# looks a thousand times a second whether it has ended, which takes 6 % of a processor from the machine that it waits for.
CONFIG = "[defaults]\ninternal_poll_interval = 0.01\n"
_SETTINGS = (
    f"LC_ALL=C.UTF-8 ANSIBLE_CONFIG={_GUEST_FOLDER}/ansible.cfg "
    "ANSIBLE_NOCOLOR=1 ANSIBLE_DISPLAY_SKIPPED_HOSTS=False ANSIBLE_LOCALHOST_WARNING=False"
)
_CHANGED = re.compile(r"^localhost\s*:.*\bchanged=(\d+)", re.M)


def wanted() -> bool:
    return os.name != "posix" or os.environ.get("LAB_ANSIBLE") == "guest"


def run(seat: Seat, playbook: Path, roles: Path, variables: Mapping[str, Any], step: Step, expected: int) -> int:
    """Returns how many tasks changed something. Raises MachineError with Ansible's own words."""
    log = seat.logs / f"{playbook.parent.name}-{playbook.stem}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    packed = base64.encodebytes(pack(playbook, roles, variables)).decode()
    ssh.run(
        seat,
        "sh",
        "-c",
        f"rm -rf {_GUEST_FOLDER}; mkdir -m 700 {_GUEST_FOLDER}; base64 -d | tar x -C {_GUEST_FOLDER}",
        input=packed,
    )
    try:
        step.detail("Ansible itself")
        process.stream(ssh.command(seat, "sh", "-c", _INSTALL), lambda _: None, log=log)
        count = 0

        def watch(line: str) -> None:
            nonlocal count
            if line.startswith("TASK ["):
                count += 1
                step.detail(f"{count} of {max(expected, count)}: {line.partition('[')[2].partition(']')[0]}")

        ansible = (
            f"ansible-playbook -i localhost, -c local -e @{_GUEST_FOLDER}/variables.json {_GUEST_FOLDER}/lab/{playbook.name}"
        )
        process.stream(
            ssh.command(seat, "sh", "-c", f"{_SETTINGS} ANSIBLE_ROLES_PATH={_GUEST_FOLDER}/roles {ansible}"), watch, log=log
        )
    except process.CommandFailed as error:
        evidence = failure(log.read_text(errors="replace")) or error.evidence
        raise MachineError(
            f"the playbook {playbook.parent.name}/{playbook.name} failed", evidence=evidence, hint=f"the whole log: {log}"
        ) from None
    finally:
        ssh.run(seat, "rm", "-rf", _GUEST_FOLDER, check=False)
    return changed(log.read_text(errors="replace"))


def pack(playbook: Path, roles: Path, variables: Mapping[str, Any]) -> bytes:
    """A tar of the playbook with what lies beside it, the roles, and the variables. Line ends become the machine's."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        sources = [playbook, *(playbook.parent / name for name in ("files", "templates"))]
        for top, paths in (("lab", sources), ("roles", sorted(p for p in roles.iterdir() if p.is_dir()))):
            for path in (f for p in paths for f in ([p] if p.is_file() else sorted(p.rglob("*"))) if f.is_file()):
                root = playbook.parent if top == "lab" else roles
                _add(tar, PurePosixPath(top, *path.relative_to(root).parts), path.read_bytes().replace(b"\r\n", b"\n"))
        _add(tar, PurePosixPath("ansible.cfg"), CONFIG.encode())
        _add(tar, PurePosixPath("variables.json"), json.dumps(dict(variables)).encode())
    return packed.getvalue()


def _add(tar: tarfile.TarFile, name: PurePosixPath, content: bytes) -> None:
    entry = tarfile.TarInfo(str(name))
    entry.size, entry.mode = len(content), 0o644
    tar.addfile(entry, io.BytesIO(content))


def changed(output: str) -> int:
    match = _CHANGED.search(output)
    return int(match[1]) if match else 0


def failure(output: str) -> str:
    """The failed task and its words, out of all that Ansible said."""
    at = max(output.rfind("\nfatal: "), output.rfind("\nfailed: "))
    if at < 0:
        return ""
    task = output.rfind("TASK [", 0, at)
    return output[task:].split("\n", 1)[0].strip("* ") + output[at:].split("\nPLAY RECAP", 1)[0]
