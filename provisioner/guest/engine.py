"""Docker's own answers, straight from its socket. Runs as root in the machine.

A client program in between would take longer to start than to answer, and could be another one than Docker's.
"""

from __future__ import annotations

import json
import socket

TYPE_CHECKING = False  # nothing is imported for the sake of types
if TYPE_CHECKING:
    from typing import Any

Json = dict[str, "Any"]


class Absent(Exception):
    """The container that a probe starts from or goes to is not there, or does not run."""


def docker(path: str) -> Json:
    """An answer of the machine's Docker. Raises Absent."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        try:
            s.connect("/run/docker.sock")
        except OSError as error:
            raise Absent(f"Docker does not answer ({error.strerror})") from None
        s.sendall(f"GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
        said = b""
        while chunk := s.recv(65536):
            said += chunk
    head, _, body = said.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise Absent(json.loads(body or b"{}").get("message", "Docker did not answer"))
    answer: Json = json.loads(body)
    return answer


def first_process(name: str) -> int:
    """The machine's number of a container's first process; 0 where it does not run."""
    try:
        return int(docker(f"/containers/{name}/json")["State"]["Pid"])
    except Absent:
        return 0
