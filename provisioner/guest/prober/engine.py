"""Asks Docker through its socket. Runs as root in the machine.

A client program would take longer to start than to answer, and the learner could have replaced it.
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
zones: set[str] = set()  # those that probes were sent from
PATIENCE, MAX_BYTES = 20.0, 1 << 20  # seconds and bytes for an answer


class Broken(Exception):
    """The probe itself could not be sent, or the machine contradicts itself: says nothing about the target."""


class Absent(Exception):
    """The container that a probe starts from or goes to is not there, or does not run."""


def docker(path: str) -> Json:
    """Docker's description of a container. Raises Absent."""
    deadline = time.monotonic() + PATIENCE
    with socket.socket(socket.AF_UNIX) as s:
        try:
            s.settimeout(PATIENCE)
            s.connect(SOCKET)
            s.sendall(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
            reply = b""
            while len(reply) < MAX_BYTES and (remaining_seconds := deadline - time.monotonic()) > 0:
                s.settimeout(remaining_seconds)
                if not (chunk := s.recv(65536)):
                    break
                reply += chunk
            else:
                raise Absent("Docker's answer has no end")
        except OSError as error:  # a timeout among them
            raise Absent(f"Docker does not answer ({error.strerror or 'in time'})") from None
    return parse_reply(reply)


def parse_reply(reply: bytes) -> Json:
    """Parses an HTTP response of Docker. Raises Absent."""
    head, _, body = reply.partition(b"\r\n\r\n")
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
        texts = [
            answer["Id"],
            answer["Name"],
            *(network[key] for network in networks for key in ("IPAddress", "GlobalIPv6Address")),
        ]
        return type(state["Pid"]) is int and type(state["Running"]) is bool and all(isinstance(text, str) for text in texts)
    except (LookupError, TypeError, AttributeError):
        return False


def first_process(name: str) -> int:
    """The PID, in the machine, of a container's first process; 0 if it does not run. Raises Broken."""
    try:
        return find_process(docker(f"/containers/{name}/json"))
    except Absent:
        return 0


def find_process(container: Json) -> int:
    """The first process, verified against the kernel, because another program could answer in place of Docker: it must be in
    the container's control group; in the network namespace of the machine only if Docker gave it no address; and in no
    zone's. Raises Broken."""
    pid, name, networks = container["State"]["Pid"], container["Name"].lstrip("/"), container["NetworkSettings"]["Networks"]
    if not pid:
        return 0
    try:
        with open(f"/proc/{pid}/cgroup") as groups:  # noqa: PTH123
            in_group = container["Id"] in groups.read()
        namespace = os.stat(f"/proc/{pid}/ns/net").st_ino  # noqa: PTH116
    except OSError:
        return 0  # it has just ended
    if not in_group or len(container["Id"]) != 64:
        raise Broken(f"process {pid} is not in the control group of the container {name}")
    own_namespace = os.stat("/proc/self/ns/net").st_ino  # noqa: PTH116
    if (
        namespace == own_namespace
        and any(network["IPAddress"] for network in networks.values())
        or namespace in _list_zone_namespaces()
    ):
        raise Broken(f"process {pid} is not in a network namespace of the container {name}")
    return int(pid)


def _list_zone_namespaces() -> set[int]:
    """The network namespaces of zones, and of the switches between. A container's own may have a name as well."""
    inodes = set()
    with suppress(OSError):
        for name in os.listdir("/run/netns"):  # noqa: PTH208
            if name in zones or name.startswith("switch-"):
                inodes.add(os.stat(f"/run/netns/{name}").st_ino)  # noqa: PTH116
    return inodes
