"""A way out that does not lead to this host: a network namespace whose only exit is slirp4netns, without what is the host's.

Run as a program with nothing but the standard library, it becomes another one in there: egress.py SETTINGS COMMAND... SETTINGS
is JSON: {folder (for a socket and a log), forwards (ports of 127.0.0.1, which lead to the same port of ADDRESS in there)}.
Without root it takes a user namespace too. All of it ends with the command.
"""

import ctypes
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

# The management network (qemu/arguments.py): who comes in by a forwarded port comes from its gateway, as without all this,
# and its namespace in the machine, which has no other route, has one to that.
NETWORK, ADDRESS, NAMES = "10.0.3.0/24", "10.0.3.100", "10.0.3.3"  # the card in there, and slirp4netns's name server
_METADATA = "169.254.0.0/16"  # where clouds give keys away to whoever asks from this host
_NEWNS, _NEWUSER, _NEWNET = 0x00020000, 0x10000000, 0x40000000
_BIND, _PRIVATE = 4096, (1 << 18) | 16384
_PATIENCE = 2.0  # seconds for a port of who was here before: of a machine that boots again
_PATIENCE = 2.0  # seconds for a port of who was here before: of a machine that boots again
_DROP_RIGHT, _RIGHTS = 24, 64


def command(folder: Path, forwards: list[int], program: list[str]) -> list[str]:
    """What to run for `then` to run in there. folder: a private one."""
    settings = json.dumps({"folder": str(folder), "forwards": forwards})
    return [sys.executable, "-I", "-S", str(Path(__file__)), settings, *program]


def works(folder: Path) -> str:
    """Empty where this host can do it, else the reason why not. folder: as above; it is tried there."""
    if sys.platform != "linux":
        return "it takes Linux"
    if missing := [name for name in ("slirp4netns", "ip") if not shutil.which(name)]:
        return f"{', '.join(missing)} not installed"
    try:
        result = subprocess.run(command(folder, [], ["true"]), capture_output=True, text=True, check=False, timeout=60)
    except subprocess.TimeoutExpired:
        return "slirp4netns did not start within 60 s"
    return "" if result.returncode == 0 else (result.stderr.strip().splitlines() or ["it does not work"])[-1]


def main(settings: dict[str, Any], program: list[str]) -> NoReturn:
    folder = Path(settings["folder"])
    if sys.platform != "linux":
        raise NotImplementedError
    plan, outer, user = _plan(), os.getpid(), (os.geteuid(), os.getegid())
    exit_end, hold = os.pipe()
    ready, tell = os.pipe()
    ask, go = os.pipe()
    if os.fork() == 0:
        os.close(go)
        _leave(folder, outer, ask, tell, exit_end)
    for end in (exit_end, tell, ask):
        os.close(end)
    os.wait()
    _separate(user)
    os.write(go, b"1")
    if os.read(ready, 1) != b"1":
        raise SystemExit(f"slirp4netns ended: {(folder / 'exit.log').read_text()}")
    batch = ["ip", "-batch", "-"]
    subprocess.run(batch, input=plan, text=True, check=True, stdout=subprocess.DEVNULL)
    _names(folder)
    for port in settings["forwards"]:
        forward(folder / "exit.api", "127.0.0.1", port, ADDRESS, port)
    if user[0] != 0:
        for right in range(_RIGHTS):
            _libc().prctl(_DROP_RIGHT, right, 0, 0, 0)
    os.set_inheritable(hold, True)  # slirp4netns ends when nobody has it any more
    os.execvp(program[0], program)  # noqa: S606 - it is what we were asked to become


def forward(api: Path, address: str, port: int, guest: str, guest_port: int) -> None:
    """A port of an address that listens, by a running slirp4netns. Raises SystemExit."""
    if sys.platform != "linux":
        raise NotImplementedError
    forward = {"proto": "tcp", "host_addr": address, "host_port": port, "guest_addr": guest, "guest_port": guest_port}
    deadline = time.monotonic() + _PATIENCE
    while True:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_PATIENCE)
            line.connect(str(api))
            line.sendall(json.dumps({"execute": "add_hostfwd", "arguments": forward}).encode())
            line.shutdown(socket.SHUT_WR)
            reply = json.loads(line.makefile("rb").read(1 << 16) or b"{}")
        if "error" not in reply:
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"could not set up host forwarding, port {port} of {address}: {reply['error']}")
        time.sleep(0.05)


def _leave(folder: Path, outer: int, ask: int, tell: int, exit_end: int) -> NoReturn:
    """slirp4netns, as nobody's child, once the namespace is there. In a session of its own it outlives a Ctrl-C."""
    if sys.platform != "linux":
        raise NotImplementedError
    os.setsid()
    if os.fork():
        os._exit(0)
    if os.read(ask, 1) != b"1":
        os._exit(1)
    api = folder / "exit.api"
    for file in (api, folder / "exit.log"):
        file.unlink(missing_ok=True)
    log = os.open(folder / "exit.log", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    for number in (1, 2):
        os.dup2(log, number)
    for passed in [int(entry.name) for entry in Path("/proc/self/fd").iterdir()]:
        with suppress(OSError):  # the listing's own is gone
            os.set_inheritable(passed, passed in (0, 1, 2, tell, exit_end))
    words = [
        "slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback", f"--cidr={NETWORK}",
        f"--ready-fd={tell}", f"--exit-fd={exit_end}", f"--api-socket={api}", str(outer), "tap0",
    ]  # fmt: skip
    os.execvp(words[0], words)  # noqa: S606


def _separate(user: tuple[int, int]) -> None:
    """Raises SystemExit where this host does not let us."""
    kinds = _NEWNET | _NEWNS | (_NEWUSER if user[0] else 0)
    if _libc().unshare(kinds):
        raise SystemExit(f"no namespaces for an ordinary user: {os.strerror(ctypes.get_errno())}")
    if user[0]:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user[0]} 1")
        Path("/proc/self/gid_map").write_text(f"0 {user[1]} 1")
    _mount(None, "/", _PRIVATE)


def _plan() -> str:
    """What is told to `ip` in there. Addresses and bridges are those that the host has now."""
    forbidden = {_METADATA, *_own()}
    return "\n".join([
        "link set lo up",
        f"rule add priority 10 to {NAMES} ipproto udp dport 53 lookup main",
        f"rule add priority 11 to {NAMES} ipproto tcp dport 53 lookup main",
        f"rule add priority 12 to {NAMES} prohibit",  # its other ports would be those of who answers names, perhaps 127.0.0.53
        *(f"route add prohibit {network}" for network in sorted(forbidden)), "",
    ])  # fmt: skip


def _own() -> set[str]:
    """The host's own addresses, and the networks of bridges that only lead to what runs on it."""
    local = _ip("route", "show", "table", "local", "type", "local")
    routes = _ip("route", "show")
    outward = {route.get("dev") for route in routes if route["dst"] == "default"}
    inward = [
        route["dst"] for route in routes
        if route.get("dev") not in outward and Path(f"/sys/class/net/{route.get('dev')}/bridge").exists()
    ]  # fmt: skip
    return {network for network in (*(route["dst"] for route in local), *inward) if not network.startswith("127.")}


def _ip(*words: str) -> list[dict[str, Any]]:
    command = ["ip", "-json", "-4", *words]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    links: list[dict[str, Any]] = json.loads(result.stdout or "[]")
    return links


def _names(folder: Path) -> None:
    """Names are asked of slirp4netns, which asks who answers the host."""
    file = folder / "resolv.conf"
    file.write_text(f"nameserver {NAMES}\n")
    file.chmod(0o644)  # QEMU reads it as another user
    if Path("/etc/resolv.conf").exists():
        _mount(str(file), "/etc/resolv.conf", _BIND)


def _mount(source: str | None, target: str, flags: int) -> None:
    if _libc().mount(source and source.encode(), target.encode(), None, flags, None):
        raise SystemExit(f"mounting {source or target}: {os.strerror(ctypes.get_errno())}")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2:])
