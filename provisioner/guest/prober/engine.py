"""Docker's own answers, straight from its socket. Runs as root in the machine.

A client program in between would take longer to start than to answer, and could be another one than Docker's.
"""

from __future__ import annotations

import json
import os
import socket
import time
from contextlib import suppress

TYPE_CHECKING = False  # nothing is imported for the sake of types
if TYPE_CHECKING:
    from typing import Any

Json = dict[str, "Any"]

SOCKET = "/run/docker.sock"
zones: set[str] = set()  # that probes were sent from
PATIENCE, MOST = 20.0, 1 << 20  # seconds and bytes for an answer


class Broken(Exception):
    """The probe itself could not be sent, or the machine contradicts itself: says nothing about the target."""


class Absent(Exception):
    """The container that a probe starts from or goes to is not there, or does not run."""


def docker(path: str) -> Json:
    """What the machine's Docker says of a container. Raises Absent."""
    deadline = time.monotonic() + PATIENCE
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.settimeout(PATIENCE)
            s.connect(SOCKET)
            s.sendall(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
            said = b""
            while len(said) < MOST and (left := deadline - time.monotonic()) > 0:
                s.settimeout(left)
                if not (piece := s.recv(65536)):
                    break
                said += piece
            else:
                raise Absent("Docker's answer has no end")
        except OSError as error:  # a timeout among them
            raise Absent(f"Docker does not answer ({error.strerror or 'in time'})") from None
    return understood(said)


def understood(said: bytes) -> Json:
    """What Docker says, with HTTP's head. Raises Absent."""
    head, _, body = said.partition(b"\r\n\r\n")
    try:
        answer = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        answer = None
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise Absent(str(answer.get("message") if isinstance(answer, dict) else "Docker did not answer")[:500])
    if not _is_container(answer):
        raise Absent("Docker's answer is not what was asked for")
    return answer  # type: ignore[no-any-return]


def _is_container(answer: Any) -> bool:  # noqa: ANN401 - JSON
    try:
        networks, state = answer["NetworkSettings"]["Networks"].values(), answer["State"]
        texts = [answer["Id"], answer["Name"], *(its[key] for its in networks for key in ("IPAddress", "GlobalIPv6Address"))]
        return type(state["Pid"]) is int and type(state["Running"]) is bool and all(isinstance(text, str) for text in texts)
    except (LookupError, TypeError, AttributeError):
        return False


def first_process(name: str) -> int:
    """The machine's number of a container's first process; 0 where it does not run. Raises Broken."""
    try:
        return process_of(docker(f"/containers/{name}/json"))
    except Absent:
        return 0


def process_of(container: Json) -> int:
    """Its first process, which the kernel has in the container's control group: another program could be in the place of
    Docker, and say what it likes. In the machine's own network only where Docker has given it no address in another, and
    in no zone's. Raises Broken."""
    pid, name, networks = container["State"]["Pid"], container["Name"].lstrip("/"), container["NetworkSettings"]["Networks"]
    if not pid:
        return 0
    try:
        with open(f"/proc/{pid}/cgroup") as groups:  # noqa: PTH123
            known = container["Id"] in groups.read()
        net = os.stat(f"/proc/{pid}/ns/net").st_ino  # noqa: PTH116
    except OSError:
        return 0  # it has just ended
    if not known or len(container["Id"]) != 64:
        raise Broken(f"process {pid} is not in the control group of the container {name}")
    own = os.stat("/proc/self/ns/net").st_ino  # noqa: PTH116
    if net == own and any(its["IPAddress"] for its in networks.values()) or net in _zones():
        raise Broken(f"process {pid} is not in a network namespace of the container {name}")
    return int(pid)


def _zones() -> set[int]:
    """The network namespaces of zones, and of the switches between. A container's own may have a name as well."""
    found = set()
    with suppress(OSError):
        for name in os.listdir("/run/netns"):  # noqa: PTH208
            if name in zones or name.startswith("switch-"):
                found.add(os.stat(f"/run/netns/{name}").st_ino)  # noqa: PTH116
    return found
