"""A machine that the learner has already, reached by SSH: an own server, a droplet, an EC2 instance.

`ssh:user@host[:port]`. What it cannot promise (states, copies) it does not offer; a reset undoes what was done.
"""

import json
import os
import re
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from provisioner.backends import enroll
from provisioner.core import process, text
from provisioner.core.errors import HostError, LabError, MachineError, UsageError
from provisioner.core.model import Endpoint, Finding, Info, Layer, Spec, Status
from provisioner.core.paths import Home
from provisioner.core.progress import step, tell
from provisioner.images import Image
from provisioner.seats import identity, ssh
from provisioner.seats.machine import Machine
from provisioner.seats.seat import Seat

_TARGET = re.compile(r"(?:(\w[\w.-]*)@)?(\[[0-9a-fA-F:.]+\]|\w[\w.-]*)(?::(\d{1,5}))?")
PATIENCE = 90.0  # seconds for a machine that may be booting
_HOW = "--driver ssh:user@host or ssh:user@host:port"
_LOOK = r"""
has() { command -v "$1" >/dev/null 2>&1; }
others=$( (has docker && docker ps -aq) 2>/dev/null | wc -l)
ufw=$( (has ufw && ufw status) 2>/dev/null | grep -c '^Status: active')
rules=$( (has nft && nft list ruleset) 2>/dev/null | grep -Ec '(drop|reject)')
system=$(. /etc/os-release; echo "$ID $VERSION_ID")
[ -e /var/lib/lab-before/done ] && ours=true || ours=false
printf '{"boot": "%s", "containers": %d, "ufw": %d, "rules": %d, "system": "%s", "ours": %s, "owner": "%s"}\n' \
    "$(cat /proc/sys/kernel/random/boot_id)" "$others" "$ufw" "$rules" "$system" "$ours" \
    "$(cat /var/lib/lab-before/owner 2>/dev/null)"
"""
_PLAN = """\
{target} ({system}) becomes a machine of the labs. This is what will change on it:
  packages   Docker, and tools for networks (ufw, nftables, conntrack, busybox ...)
  users      `learner`, with sudo and a key that only this computer has; the same key for root
  network    namespaces with documentation addresses; firewall rules that the exercises ask for
`lab destroy` undoes it. Use a disposable machine."""


class SshMachine(Machine):
    """driver: who reaches it by the user's own way in."""

    def __init__(self, driver: "Ssh", seat: Seat) -> None:
        super().__init__(seat)
        self.driver = driver

    def prepare(self) -> None:
        """As before the first lab, and then fit for labs. Raises LabError."""
        seat, driver = self.seat, self.driver
        facts = driver.look()
        if facts["ours"]:
            driver.require_owner(seat, facts)
            with step("Putting the machine back to before this lab", key="undo"):
                driver.as_root(enroll.undo("lab"), timeout=enroll.PATIENCE)
        else:
            driver.agree(facts)
        with step(f"Preparing {driver.host} for labs", key=f"adopt {driver.target}"):
            driver.as_root(enroll.script(_owner(seat)), timeout=enroll.PATIENCE)
        identity.pin_host_key(seat, driver.as_root(identity.nonce(seat) + identity.admit(seat)))
        self._record_endpoint(Endpoint(driver.host, driver.port))

    def status(self) -> Status:
        if not self.seat.ssh_config.exists():
            return Status("absent")
        try:
            self.run("true", timeout=30)
        except LabError as error:
            return Status("broken", error.what)
        return Status("running")

    def resume(self, spec: Spec) -> None:
        """Nobody here can switch it on: it answers, or it does not."""
        if not self.answers(PATIENCE):
            raise MachineError(
                f"{self.driver.host} does not answer by SSH",
                hint=f"switch it on; lab reset {self.seat.name.partition('-')[0]} prepares it anew",
            )

    def end(self) -> None:
        """Undoes everything. Raises LabError where the machine cannot be reached: then it would stay changed."""
        ssh.close(self.seat)
        try:
            facts = self.driver.look()
        except LabError as error:
            if not _forced():
                error.hint += "; LAB_SSH_FORCE=1 lab destroy ... gives the machine up as it is"
                raise
            return
        if facts["ours"] and facts["owner"] in ("", _owner(self.seat)):
            with step(f"Undoing what was done on {self.driver.host}", key=f"undo {self.driver.target}"):
                self.driver.as_root(enroll.undo("all"), timeout=enroll.PATIENCE)


class Ssh:
    def __init__(self, target: str = "", home: Home | None = None) -> None:
        match = _TARGET.fullmatch(target)
        if target and not match:
            raise UsageError(f"`{target}` names no machine", hint=_HOW)
        self.user, self.host, self.port = (
            (match[1] or "root", match[2].strip("[]"), int(match[3] or 22)) if match else ("", "", 0)
        )
        self.target = target
        self.info = Info(f"ssh:{target}")

    def preflight(self) -> Sequence[Finding]:
        return [Finding("the SSH client", bool(shutil.which("ssh")), "ssh", packages=("openssh-client",))]

    def image(self, preferred: Sequence[str]) -> Image:
        """What is installed there: the labs take Debian and Ubuntu as they come."""
        if not self.host:
            raise UsageError("which machine?", hint=_HOW)
        return Image("as installed", Path(self.target), self.info.name, "host")

    def start(self, seat: Seat, spec: Spec, origin: Image | Layer, *, building: bool = False) -> SshMachine:
        ssh.close(seat)
        machine = self.attach(seat)
        machine.prepare()
        return machine

    def attach(self, seat: Seat) -> SshMachine:
        return SshMachine(self, seat)

    def look(self) -> dict[str, object]:
        return dict(json.loads(self.as_root(_LOOK)))

    def require_owner(self, seat: Seat, facts: dict[str, object]) -> None:
        """One lab at a time: the next one would undo it. Raises UsageError."""
        if facts["owner"] in ("", _owner(seat)) or _forced():
            return
        owner = str(facts["owner"]).partition(" ")[0]
        raise UsageError(
            f"{self.host} is seat {owner}'s machine", hint=f"lab destroy {owner.replace('-', ' --seat ', 1)} gives it back"
        )

    def agree(self, facts: dict[str, object]) -> None:
        """Raises UsageError for a machine that is not to be changed."""
        with suppress(OSError):
            if facts["boot"] == Path("/proc/sys/kernel/random/boot_id").read_text().strip():
                raise UsageError(f"{self.host} is this computer itself", hint="a lab there would change your own firewall")
        reasons = {
            "containers": "runs containers already",
            "ufw": "has a firewall: ufw is active",
            "rules": "has firewall rules",
        }
        for fact, reason in reasons.items():
            if facts[fact] and not _forced():
                raise UsageError(
                    f"{self.host} {reason}",
                    hint="another machine, please; or LAB_SSH_FORCE=1, if nothing there is needed any more",
                )
        tell(text.block(_PLAN.format(target=self.target, system=facts["system"])) + "\n")
        if os.environ.get("LAB_YES") or os.environ.get("CI"):
            return
        if not sys.stdin.isatty() or not click.confirm("Change it?", default=False, err=True):
            raise UsageError("nothing was changed", hint="--yes agrees without asking")

    def as_root(self, script: str, timeout: float = 120) -> str:
        """Runs a script as root by the user's own way in: their keys, agent and known hosts. Raises LabError."""
        sudo = [] if self.user == "root" else ["sudo", "-n"]
        destination = ["-p", str(self.port), f"{self.user}@{self.host}"]
        command = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=20", *_options(), *destination, *sudo, "sh", "-s"]
        for attempt in range(3):
            result = process.run(command, input=script, timeout=timeout, check=False)
            if result.code == ssh.SSH_FAILED and attempt < 2 and "timed out" in result.err:
                time.sleep(2)
                continue
            break
        if result.code == ssh.SSH_FAILED:
            raise HostError(
                f"{self.host} denied access", evidence=result.err,
                hint=f"`ssh -p {self.port} {self.user}@{self.host}` must work by itself, without a password",
            )  # fmt: skip
        if result.code:
            raise MachineError(
                f"a step on {self.host} failed with code {result.code}", evidence=f"{result.out}\n{result.err}"[-3000:]
            )
        return result.out


def _owner(seat: Seat) -> str:
    return f"{seat.name} {seat.nonce}"


def _forced() -> bool:
    return os.environ.get("LAB_SSH_FORCE") == "1"


def _options() -> list[str]:
    """LAB_SSH_CONFIG: an ssh_config for the way in, where it is not the user's own one."""
    return ["-F", config] if (config := os.environ.get("LAB_SSH_CONFIG")) else []
