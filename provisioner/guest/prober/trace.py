"""Traces packets through the kernel with nftables. Runs as root in the machine."""

from __future__ import annotations

import os
import re
import time
from threading import Thread

from provisioner.guest.prober.border import Sender
from provisioner.guest.prober.engine import Absent, Broken, Json
from provisioner.guest.prober.probe import exchange
from provisioner.guest.prober.vantage import resolve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any

TABLE = "lab_trace"
NFT = "/usr/sbin/nft"  # an absolute path: the learner may have changed PATH
WAIT = 1.5  # seconds without an answer; shorter than for a verdict, which this is not
_FIRST_LINE = re.compile(rf"trace id (\S+) inet {TABLE} \S+ packet: .* ip6? saddr (\S+) .*(?:tcp|udp) sport (\d+) ")
_ANSWER = re.compile(
    rf"trace id (\S+) inet {TABLE} \S+ packet: .* ip6? saddr \S+ ip6? daddr (\S+) .*(?:tcp|udp) .*?dport (\d+)\b"
)


def rules(targets: list[tuple[Json, str]]) -> str:
    """Marks the first packet of each exchange, and its retransmissions, where packets enter; and once more later.

    A packet from a bridge loses its mark after PREROUTING (observed with br_netfilter). By then its destination may have been
    rewritten; the original is in the connection.
    """
    first_marks = "".join(dict.fromkeys(_mark(p, _match_packet(p, address)) for p, address in targets))
    later_marks = "".join(dict.fromkeys(_mark(p, _match_connection(p, address)) for p, address in targets))
    hooks = {"prerouting": first_marks, "output": first_marks, "forward": later_marks, "input": later_marks}
    chains = [_chain(hook, hook, -350, marks) for hook, marks in hooks.items()]
    # Answers, once the kernel has found their connection: from a container, or from the machine itself.
    answers = "".join(dict.fromkeys(_mark_answer(p, address) for p, address in targets))
    chains += [_chain(f"answer-{hook}", hook, -150, answers) for hook in ("prerouting", "output")]
    return f"table inet {TABLE} {{\n{''.join(chains)}}}\n"


def _chain(name: str, hook: str, priority: int, marks: str) -> str:
    return f"chain {name} {{\ntype filter hook {hook} priority {priority}\n{marks}}}\n"


def _mark_answer(p: Json, address: str) -> str:
    return f"meta l4proto {p['proto']} ct direction reply {_match_connection(p, address)} meta nftrace set 1\n"


def _mark(p: Json, match: str) -> str:
    syn = "tcp flags & (syn | ack) == syn" if p["proto"] == "tcp" else ""
    return f"meta l4proto {p['proto']} {match} {syn} meta nftrace set 1\n"


def _match_packet(p: Json, address: str) -> str:
    return f"{_ip(p)} daddr {address} {p['proto']} dport {p['port']}"


def _match_connection(p: Json, address: str) -> str:
    return f"ct original {_ip(p)} daddr {address} ct original proto-dst {p['port']}"


def _ip(p: Json) -> str:
    return "ip6" if p["family"] == 6 else "ip"


def trace(batch: list[Json]) -> list[Json]:
    """Sends the probes while nft monitor runs; removes the table that marks their packets afterwards.

    With several addresses: the trace of the first that is open, as with a probe; else of the first.
    """
    addresses_by_probe = [_find_addresses(p) for p in batch]
    targets = [(p, address) for p, addresses in zip(batch, addresses_by_probe, strict=True) for address in addresses]
    if not os.path.exists(NFT) or not targets:  # noqa: PTH110
        return [
            _make_trace("nft is not installed" if addresses else "there is no such address") for addresses in addresses_by_probe
        ]
    import subprocess  # imported here: a probe starts sooner without it

    monitor = subprocess.Popen([NFT, "-n", "monitor", "trace"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert monitor.stdout is not None
    lines: list[str] = []
    reader = Thread(target=_read, args=(monitor.stdout, lines), daemon=True)
    reader.start()
    try:
        subprocess.run([NFT, "-f", "-"], input=rules(targets).encode(), check=True, capture_output=True)
        time.sleep(0.3)  # until the monitor listens
        probes = [{**p, "to": address, "wait": WAIT, "senders": []} for p, address in targets]
        separate_ports(probes)
        results = exchange(probes)
        time.sleep(0.4)
    except subprocess.CalledProcessError as error:
        return [_make_trace(error.stderr.decode(errors="replace").strip())] * len(batch)
    finally:
        subprocess.run([NFT, "delete", "table", "inet", TABLE], capture_output=True, check=False)
        monitor.kill()
        monitor.wait()
        reader.join()
    programs = find_listeners()
    traces = iter(
        {
            **_make_trace("", select_lines(lines, p["senders"]), result, *programs.get((p["proto"], p["port"]), ("",))),
            "answers": select_lines(lines, p["senders"], _ANSWER),
        }
        for p, result in zip(probes, results, strict=True)
    )
    groups = ([next(traces) for _ in addresses] for addresses in addresses_by_probe)
    return [_best(group) if group else _make_trace("there is no such address") for group in groups]


def separate_ports(probes: list[Json]) -> None:
    """Each from a port of its own, which tells its packets from others': strangers send all from the one that they drew."""
    ports_in_use: set[tuple[str, int]] = set()
    for p in probes:
        sender = p["sender"]["address"] if p.get("sender") else p["from"]
        while p.get("sport") and (sender, p["sport"]) in ports_in_use:
            p["sport"] += 1
        if p.get("sport"):
            ports_in_use.add((sender, p["sport"]))


def _read(stream: IO[bytes], lines: list[str]) -> None:
    lines += (line.decode(errors="replace").strip() for line in stream)


def _best(traces: list[Json]) -> Json:
    return next((trace for trace in traces if trace["result"]["verdict"] == "open"), traces[0])


def _find_addresses(p: Json) -> list[str]:
    if p["proto"] in ("other", "icmp"):  # which have no port by which the answer is known
        return []
    try:
        return resolve(p)
    except (Absent, Broken):
        return []


def _make_trace(
    error: str, lines: Any = (), result: Json | None = None, listener: str = "", pid: int = 0  # noqa: ANN401 - JSON
) -> Json:  # fmt: skip
    onward = find_onward_call(pid) if listener == "docker-proxy" else None
    return {"error": error, "lines": list(lines), "result": result, "listener": listener, "onward": onward}


def select_lines(lines: list[str], senders: list[Sender], first_line: re.Pattern[str] = _FIRST_LINE) -> list[str]:
    """The lines of the packets from these addresses and ports, or of the answers to them: the first line of a packet gives its
    number. A port alone is ambiguous: each zone has its own."""
    sources = {sender[:2] for sender in senders}
    numbers = {match[1] for line in lines if (match := first_line.match(line)) and (match[2], int(match[3])) in sources}
    return [line for line in lines if line.split(" ", 3)[2:3] and line.split(" ", 3)[2] in numbers]


def find_listeners() -> dict[tuple[str, int], tuple[str, int]]:
    """The programs of the machine itself that listen, with their process numbers, by protocol and port."""
    import subprocess

    output = subprocess.run(["/usr/bin/ss", "-Hlntup"], capture_output=True, text=True, check=False).stdout
    entries = re.findall(r'^(tcp|udp) .*?:(\d+) +\S+ +users:\(\("([^"]+)",pid=(\d+)', output, re.MULTILINE)
    return {(proto, int(port)): (program, int(pid)) for proto, port, program, pid in entries}


def find_onward_call(pid: int) -> Json | None:
    """Where a docker-proxy passes on what it is sent: a container's address and port, from its command line."""
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            words = file.read().split("\0")
        return {"address": words[words.index("-container-ip") + 1], "port": int(words[words.index("-container-port") + 1])}
    except (OSError, ValueError, IndexError):
        return None
