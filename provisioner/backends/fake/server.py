"""The process of a fake machine: an SSH server on 127.0.0.1 that lets the seat's key in and answers for the machine.

Called as a program with the machine's folder, and what it forwards. It says on which port it listens, and imports what
speaks SSH when somebody comes, who waits for the greeting meanwhile.
"""

import asyncio
import json
import os
import select
import shlex
import socket
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from provisioner.backends.fake import network
from provisioner.backends.fake.demo import find_file, follow
from provisioner.backends.fake.dialogue import talk
from provisioner.backends.fake.guest import NONCE, Guest
from provisioner.backends.fake.shell import Shell

if TYPE_CHECKING:
    import asyncssh

PAUSE = 0.05  # seconds until it does what it was asked for as the last thing: its answer goes out before


class Server:
    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.connections = WeakSet[Any]()

    async def serve(self, door: socket.socket, forwarded: dict[int, socket.socket]) -> None:
        for port, listener in forwarded.items():
            await asyncio.start_server(partial(self._forward, port), sock=listener)
        await asyncio.to_thread(select.select, [door], [], [])  # most machines of tests are never asked anything by SSH
        import asyncssh

        etc = self.guest.place("/etc/lab")
        await asyncssh.listen(
            sock=door, server_host_keys=[str(etc / "host_key")], authorized_client_keys=str(etc / "authorized_keys"),
            process_factory=self._answer, encoding=None,
        )  # fmt: skip
        await asyncio.Event().wait()

    async def _forward(self, port: int, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        probe = {"from": "outside", "to": "127.0.0.1", "port": port, "family": 4, "proto": "tcp"}
        writer.write(f"HTTP/1.0 200 OK\r\n\r\n{network.exchange(self.guest, probe)['answer']}\n".encode())
        writer.close()

    async def _answer(self, process: "asyncssh.SSHServerProcess[bytes]") -> None:
        self.connections.add(process.channel.get_connection())
        line, user = process.command or "", str(process.get_extra_info("username"))
        if line.startswith("/usr/bin/python3 "):
            return await self._probe(process)
        if process.term_type:
            power = await talk(process, self.guest)
            process.exit(0)
            self._obey(power)
            return None
        if file := find_file(line):
            return await follow(process, self.guest, file)
        shell = Shell(self.guest, user)
        if not line or "bash -l -s" in line or line == "sh -s":
            shell.input = (await process.stdin.read()).decode()
        try:
            code = shell.command(line or "sh -s")
        except (OSError, ValueError, IndexError) as error:
            code = shell.fail(f"{shlex.split(line)[0] if line else 'sh'}: {error}", 2)
        process.stdout.write(shell.out.encode())
        process.stderr.write(shell.err.encode())
        process.exit(code)
        self._obey(shell.power)
        return None

    def _obey(self, power: str) -> None:
        if power:
            asyncio.get_running_loop().call_later(PAUSE, getattr(self, f"_{power}"))

    async def _probe(self, process: "asyncssh.SSHServerProcess[bytes]") -> None:
        await process.stdin.readline()  # the prober's modules: not needed
        process.stdout.write(b'"ready"\n')
        while line := await process.stdin.readline():
            if self.guest.read("/run/panic"):
                self._die()
            try:
                reply: dict[str, Any] = {"results": network.reply(self.guest, json.loads(line))}
            except Exception as error:  # noqa: BLE001 - as the prober says it
                reply = {"error": f"{type(error).__name__}: {error}"}
            process.stdout.write(json.dumps(reply).encode() + b"\n")
        process.exit(0)

    def _reboot(self) -> None:
        for connection in list(self.connections):
            connection.abort()
        self.guest.boot()

    def _poweroff(self) -> None:
        self.guest.pid.unlink(missing_ok=True)
        os._exit(0)

    def _die(self) -> None:
        os._exit(1)  # nothing is cleared up


def main() -> None:
    guest, ports = Guest(Path(sys.argv[1])), [int(word) for word in sys.argv[2:]]
    door, *servers = [socket.create_server(("127.0.0.1", 0)) for _ in (0, *ports)]
    forwarded = dict(zip(ports, servers, strict=True))
    guest.pid.write_text(str(os.getpid()))
    ports_here = {port: listener.getsockname()[1] for port, listener in forwarded.items()}
    os.write(1, f"{json.dumps([door.getsockname()[1], ports_here])}\n".encode())
    os.dup2(2, 1)
    assert guest.read(NONCE)
    asyncio.run(Server(guest).serve(door, forwarded))


if __name__ == "__main__":
    main()
