"""What LXC calls at every start of a machine, a reboot included, on the host: its own number of this boot, its cards.

Run as a program with nothing but the standard library: hook.py FOLDER NAME lxc MOMENT. FOLDER/cards.json is a list of
{card, mac, network (CIDR), outward (may it call out?), forwards ([port here, address there, port there]), through (the start
of a command that runs another one elsewhere), listen (at which address, if not here)}.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

# What is opened for who may not call out would come from an address that no host has, and so is not opened. From 127.0.0.1
# it would still reach whatever the host serves at its other addresses.
_NOWHERE = ("--outbound-addr=240.0.0.1", "--disable-dns")


def main(folder: Path, moment: str) -> None:
    if sys.platform != "linux":
        raise NotImplementedError
    if moment == "pre-start":
        for pid in folder.glob("*.slirp"):  # of the boot before: its cards are gone
            with suppress(ProcessLookupError, ValueError):
                os.kill(int(pid.read_text()), signal.SIGKILL)
            pid.unlink()
        (folder / "boot_id").write_text(Path("/proc/sys/kernel/random/uuid").read_text())
        return
    for card in json.loads((folder / "cards.json").read_text()):
        plug(folder, int(os.environ["LXC_PID"]), card)


def plug(folder: Path, machine: int, card: dict[str, Any]) -> None:
    """A card whose other end is a process on the host, like those that QEMU has (user networking)."""
    name = card["card"]
    api = folder / f"{name}.api"
    api.unlink(missing_ok=True)
    ready, tell = os.pipe()
    command = [
        *card.get("through", ()), "slirp4netns", "--configure", "--mtu=1500",
        "--disable-host-loopback", f"--cidr={card['network']}",
        f"--macaddress={card['mac']}", f"--ready-fd={tell}", f"--api-socket={api}",
        *(() if card["outward"] else _NOWHERE), str(machine), name,
    ]  # fmt: skip
    with (folder / f"{name}.log").open("wb") as log:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(tell,), start_new_session=True
        )
    (folder / f"{name}.slirp").write_text(str(child.pid))
    os.close(tell)
    if os.read(ready, 1) != b"1":
        raise SystemExit(f"slirp4netns ended: {(folder / f'{name}.log').read_text()}")
    for host_port, address, guest_port in card["forwards"]:
        listen = card.get("listen", "127.0.0.1")
        forward = {"proto": "tcp", "host_addr": listen, "host_port": host_port, "guest_addr": address, "guest_port": guest_port}
        reply = ask(api, {"execute": "add_hostfwd", "arguments": forward})
        if "error" in reply:
            raise SystemExit(f"port {host_port} of 127.0.0.1: {reply['error']}")


def ask(api: Path, question: dict[str, Any]) -> dict[str, Any]:
    if sys.platform != "linux":
        raise NotImplementedError
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(api))
        line.sendall(json.dumps(question).encode())
        line.shutdown(socket.SHUT_WR)
        reply: dict[str, Any] = json.loads(line.makefile("rb").read() or b"{}")
    return reply


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[-1])
