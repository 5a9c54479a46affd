"""Collects what a machine is like, for a verdict that is disputed (`lab dispute`). Runs as root in the machine.

It only reads. No environment variables of containers, and no files in which keys are kept.
"""

from __future__ import annotations

import os
import stat
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from provisioner.guest.prober.engine import Json

PATIENCE, TOTAL_PATIENCE = 15, 100.0  # seconds: for a command, and for all
MAX_CHARACTERS, TOTAL_CHARACTERS = 48 << 10, 300_000  # of a command's output or a file, and of all
MAX_FILES = 150
PATHS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")  # not PATH, which the learner may have changed
VERSIONS = {
    "kernel": "uname -r", "Docker": "docker version --format {{.Server.Version}}", "nft": "nft --version",
    "iptables": "iptables --version", "ufw": "ufw version", "systemd": "systemctl --version",
}  # fmt: skip
COMMANDS = (
    "nft list ruleset", "iptables-save", "ip6tables-save", "ufw status verbose", "ip address", "ip route", "ip -6 route",
    "ss -lntup",
    "docker ps --all --format {{.Names}}\t{{.Image}}\t{{.Status}}\t{{.Ports}}\t{{.Networks}}",
    "docker network ls --format {{.Name}}\t{{.Driver}}\t{{.ID}}",
)  # fmt: skip
FILES = (
    "/usr/lib/os-release", "/etc/ufw/*.rules", "/etc/ufw/ufw.conf", "/etc/default/ufw", "/etc/nftables.conf",
    "/etc/nftables.d/*", "/etc/iptables/*", "/etc/docker/daemon.json", "/etc/sysctl.d/*.conf", "/etc/crontab", "/etc/cron.d/*",
    "/var/spool/cron/crontabs/*", "/etc/systemd/system/*.service", "/etc/systemd/system/*.timer",
    "/etc/systemd/system/*.socket", "/etc/systemd/system/*.path", "/etc/systemd/system/*.d/*.conf",
    "/home/learner/*.y*ml", "/home/learner/*/*.y*ml", "/home/learner/*.sh", "/usr/local/sbin/*", "/usr/local/bin/*",
)  # fmt: skip
HISTORIES = ("/home/learner/.bash_history", "/root/.bash_history")


class Collector:
    """What may still be said, and until when."""

    def __init__(self) -> None:
        self.characters = TOTAL_CHARACTERS
        self.deadline = time.monotonic() + TOTAL_PATIENCE

    def limit(self, content: bytes, *, tail: bool = False) -> tuple[str, bool]:
        """The text, and whether it is all of it, exactly. tail: of what is too long, the end is kept."""
        text, most = content.decode(errors="replace"), min(MAX_CHARACTERS, self.characters)
        is_whole = len(text) <= most and text.encode() == content
        text = text[max(0, len(text) - most) :] if tail else text[:most]
        self.characters -= len(text)
        return text, is_whole

    def run(self, line: str) -> Json:
        """A command's output; its exit code is -1 where it could not be run."""
        import subprocess

        name, *words = line.split(" ")
        program = next((f"{path}/{name}" for path in PATHS if os.path.exists(f"{path}/{name}")), "")  # noqa: PTH110
        seconds = min(PATIENCE, int(self.deadline - time.monotonic()))
        if not program or seconds < 1:
            return {"command": line, "code": -1, "text": "", "is_whole": False}
        child = subprocess.Popen(
            ["/usr/bin/timeout", "--signal", "KILL", str(seconds), program, *words], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"LC_ALL": "C", "PATH": ":".join(PATHS)}, cwd="/",
        )  # fmt: skip
        assert child.stdout is not None
        with child.stdout:
            content = child.stdout.read(4 * MAX_CHARACTERS)
        if len(content) == 4 * MAX_CHARACTERS:  # it would say more; timeout leads a group of its own
            with suppress(ProcessLookupError):
                os.killpg(child.pid, 9)
        code = child.wait()
        text, is_whole = self.limit(content)
        return {"command": line, "code": code, "text": text, "is_whole": is_whole}

    def read(self, path: str, *, tail: bool = False) -> Json | None:
        """A plain file; None for what is none: a link, a device, a pipe."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                return None
            if tail:
                file.seek(max(0, status.st_size - MAX_CHARACTERS))
            content = file.read(4 * MAX_CHARACTERS)
        text, is_whole = ("", False) if b"\0" in content else self.limit(content, tail=tail)  # a program is no evidence
        return {"path": path, "mode": stat.S_IMODE(status.st_mode), "owner": status.st_uid, "text": text, "is_whole": is_whole}


def collect(request: Json) -> Json:
    """request: history: whether commands that were typed are wanted; omitted: names of files that are the tool's own."""
    collector = Collector()
    versions = {name: collector.run(line)["text"].partition("\n")[0][:200] for name, line in VERSIONS.items()}
    outputs = [collector.run(line) for line in COMMANDS]
    files = [file for path in find_files(request["omitted"]) if (file := collector.read(path))]
    histories = [collector.read(path, tail=True) for path in HISTORIES] if request["history"] else []
    return {
        "versions": versions, "outputs": outputs, "files": files, "units": find_units(request["omitted"]),
        "history": [file for file in histories if file],
    }  # fmt: skip


def find_files(omitted: list[str]) -> list[str]:
    from glob import iglob

    paths = dict.fromkeys(path for pattern in FILES for path in iglob(pattern))  # noqa: PTH207
    return [path for path in paths if os.path.basename(path) not in omitted][:MAX_FILES]  # noqa: PTH119


def find_units(omitted: list[str], folder: str = "/etc/systemd/system") -> list[str]:
    """The names of units that somebody has enabled, and whose file is the administrator's."""
    from glob import iglob

    links = {os.path.basename(path) for kind in ("wants", "requires") for path in iglob(f"{folder}/*.{kind}/*")}  # noqa: PTH119, PTH207
    return sorted(name for name in links - set(omitted) if os.path.isfile(f"{folder}/{name}"))[:MAX_FILES]  # noqa: PTH113
