"""The ways of packets through the kernel, told by the kernel itself. Runs as root in the machine."""

from __future__ import annotations

import os
import re
import time
from threading import Thread

from provisioner.guest.prober.border import Sent
from provisioner.guest.prober.engine import Absent, Broken, Json
from provisioner.guest.prober.probe import exchange
from provisioner.guest.prober.vantage import addresses

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

TABLE = "lab_trace"
NFT = "/usr/sbin/nft"  # by its path: what the learner put in PATH decides nothing here
WAIT = 1.5  # seconds without an answer; a shorter one than a verdict needs, which this is not
_BEGINS = re.compile(rf"trace id (\S+) inet {TABLE} \S+ packet: .* ip6? saddr (\S+) .*(?:tcp|udp) sport (\d+) ")


def rules(wanted: list[tuple[Json, str]]) -> str:
    """Marks the first packet of each exchange, and its repetitions, where a packet can begin; and once more later.

    A packet that comes in through a bridge loses its mark after PREROUTING (seen with br_netfilter). By then its
    destination may have been rewritten: what it was is in the connection.
    """
    first = "".join(dict.fromkeys(_mark(p, _written(p, to)) for p, to in wanted))
    again = "".join(dict.fromkeys(_mark(p, _meant(p, to)) for p, to in wanted))
    hooks = {"prerouting": first, "output": first, "forward": again, "input": again}
    chains = (f"chain {hook} {{\ntype filter hook {hook} priority -350\n{marks}}}\n" for hook, marks in hooks.items())
    return f"table inet {TABLE} {{\n{''.join(chains)}}}\n"


def _mark(p: Json, goes: str) -> str:
    first = "tcp flags & (syn | ack) == syn" if p["proto"] == "tcp" else ""
    return f"meta l4proto {p['proto']} {goes} {first} meta nftrace set 1\n"


def _written(p: Json, to: str) -> str:
    return f"{_ip(p)} daddr {to} {p['proto']} dport {p['port']}"


def _meant(p: Json, to: str) -> str:
    return f"ct original {_ip(p)} daddr {to} ct original proto-dst {p['port']}"


def _ip(p: Json) -> str:
    return "ip6" if p["family"] == 6 else "ip"


def trace(batch: list[Json]) -> list[Json]:
    """Sends the probes while nft monitor watches; the table that marks their packets is gone again afterwards.

    With several addresses: the way to the first that is open, as with a probe; else the way to the first.
    """
    found = [_where(p) for p in batch]
    there = [(p, to) for p, its in zip(batch, found, strict=True) for to in its]
    if not os.path.exists(NFT) or not there:  # noqa: PTH110
        return [_told("nft is not installed" if its else "there is no such address") for its in found]
    import subprocess  # here: a probe needs none, and starts sooner without it

    monitor = subprocess.Popen([NFT, "-n", "monitor", "trace"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert monitor.stdout is not None
    lines: list[str] = []
    reader = Thread(target=_read, args=(monitor.stdout, lines), daemon=True)
    reader.start()
    try:
        subprocess.run([NFT, "-f", "-"], input=rules(there).encode(), check=True, capture_output=True)
        time.sleep(0.3)  # until the monitor listens
        sent = [{**p, "to": to, "wait": WAIT, "senders": []} for p, to in there]
        results = exchange(sent)
        time.sleep(0.4)
    except subprocess.CalledProcessError as error:
        return [_told(error.stderr.decode(errors="replace").strip())] * len(batch)
    finally:
        subprocess.run([NFT, "delete", "table", "inet", TABLE], capture_output=True, check=False)
        monitor.kill()
        monitor.wait()
        reader.join()
    listens = listeners()
    told = iter(
        _told("", of(lines, p["senders"]), result, listens.get((p["proto"], p["port"]), ""))
        for p, result in zip(sent, results, strict=True)
    )
    routes = ([next(told) for _ in its] for its in found)
    return [_best(its) if its else _told("there is no such address") for its in routes]


def _read(stream: IO[bytes], lines: list[str]) -> None:
    lines += (line.decode(errors="replace").strip() for line in stream)


def _best(routes: list[Json]) -> Json:
    return next((way for way in routes if way["result"]["verdict"] == "open"), routes[0])


def _where(p: Json) -> list[str]:
    try:
        return addresses(p)
    except (Absent, Broken):
        return []


def _told(error: str, lines: Any = (), result: Json | None = None, listener: str = "") -> Json:  # noqa: ANN401 - JSON
    return {"error": error, "lines": list(lines), "result": result, "listener": listener}


def of(lines: list[str], senders: list[Sent]) -> list[str]:
    """The lines of the packets that were sent from these addresses and ports: each packet has a number, which its first
    line tells. A port alone does not tell: each zone has its own."""
    theirs = {sent[:2] for sent in senders}
    ours = {begin[1] for line in lines if (begin := _BEGINS.match(line)) and (begin[2], int(begin[3])) in theirs}
    return [line for line in lines if line.split(" ", 3)[2:3] and line.split(" ", 3)[2] in ours]


def listeners() -> dict[tuple[str, int], str]:
    """The programs of the machine itself that listen, by protocol and port."""
    import subprocess

    said = subprocess.run(["/usr/bin/ss", "-Hlntup"], capture_output=True, text=True, check=False).stdout
    found = re.findall(r'^(tcp|udp) .*?:(\d+) +\S+ +users:\(\("([^"]+)"', said, re.MULTILINE)
    return {(proto, int(port)): program for proto, port, program in found}
