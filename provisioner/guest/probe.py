"""The prober: sends real packets from zones, and says what came back. Runs as root in the machine.

It is sent along with each check and reads batches from its standard input: nothing of it lies in the machine, where
it could be replaced. A line in: {"probes": [...]}, {"trace": {...}} or {"idle": SECONDS}. A line out: the results, in
the same order.
Python's standard library only; 3.11 or newer.
"""

import asyncio
import ctypes
import errno
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

Json = dict[str, Any]
Outcome = tuple[str, str, str]  # verdict, answer, detail
Target = tuple[str, int]

CLONE_NEWNET = 0x40000000
REQUEST = b"GET / HTTP/1.0\r\n\r\n"
ANSWER_WAIT = 5.0  # seconds for an answer on a connection that stands
BUSY_WAIT = 30.0  # seconds more that a wait may take while the machine has work to do
BUSY = 0.8  # processors that are at work
RESEND = 0.7  # seconds until a datagram is sent again
REJECTED = (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM)
_libc = ctypes.CDLL(None, use_errno=True)


class Broken(Exception):
    """The probe itself could not be sent: says nothing about the target."""


class Absent(Exception):
    """The container that a probe starts from or goes to is not there, or does not run."""


def docker(path: str) -> Json:
    """An answer of the machine's Docker, straight from its socket: no client program in between."""
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


_known: dict[str, Json] = {}  # containers, for one batch: while Docker is asked, no probe's answer is heard


def container(name: str) -> Json:
    known = _known.get(name) or _known.setdefault(name, docker(f"/containers/{name}/json"))
    if not known["State"]["Running"]:
        raise Absent(f"the container {name} does not run")
    return known


def namespace(zone: str) -> int | None:
    """An open namespace file: of a zone, of a container, or None for the machine itself."""
    if zone == "machine":
        return None
    if zone.startswith("container:"):
        path = f"/proc/{container(zone.partition(':')[2])['State']['Pid']}/ns/net"
    else:
        path = f"/run/netns/{zone}"
    try:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        raise Broken(f"the zone {zone} is not there: {error.strerror}") from None


def enter(descriptor: int) -> None:
    if _libc.setns(descriptor, CLONE_NEWNET):
        raise Broken(f"setns: {os.strerror(ctypes.get_errno())}")


def open_socket(zone: str, family: socket.AddressFamily, kind: socket.SocketKind) -> socket.socket:
    """A socket belongs to the namespace that it was made in; the process itself comes straight back."""
    there = namespace(zone)
    if there is None:
        return socket.socket(family, kind)
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        enter(there)
        return socket.socket(family, kind)
    finally:
        enter(home)
        os.close(home)
        os.close(there)


def addresses(p: Json) -> list[str]:
    """An address as it is. container:NAME: all that it has, first those in a network that the source is in too.
    gateway: the machine's own in the networks of the container that asks."""
    source = networks(p["from"]) if p["from"].startswith("container:") else {}
    key, length = ("IPAddress", "IPPrefixLen") if p["family"] == 4 else ("GlobalIPv6Address", "GlobalIPv6PrefixLen")
    if p["to"] == "gateway":
        near = [f"{network[key]}/{network[length]}" for network in source.values() if network[key]]
        found = within(near, own_addresses(p["family"]))
    elif p["to"].startswith("container:"):
        target = networks(p["to"])
        found = [target[name][key] for name in sorted(target, key=lambda name: name not in source) if target[name][key]]
    else:
        return [p["to"]]
    if not found:
        whose = f"the machine has none in the networks of {p['from']}" if p["to"] == "gateway" else f"{p['to']} has none"
        raise Absent(f"no IPv{p['family']} address: {whose}")
    return found


def networks(name: str) -> Json:
    """Of container:NAME, by their names."""
    found: Json = container(name.partition(":")[2])["NetworkSettings"]["Networks"]
    return found


def within(nets: list[str], candidates: list[str]) -> list[str]:
    from ipaddress import ip_address, ip_network

    near = [ip_network(net, strict=False) for net in nets]
    return [a for a in candidates if any(ip_address(a) in net for net in near)]


def own_addresses(family: int) -> list[str]:
    """The machine's own, as its kernel has them."""
    if family == 4:
        with open("/proc/net/fib_trie") as trie:  # noqa: PTH123
            return list(dict.fromkeys(re.findall(r"\|-- (\S+)\n +/32 host LOCAL", trie.read())))
    with open("/proc/net/if_inet6") as lines:  # noqa: PTH123
        return [":".join(re.findall("....", line.split()[0])) for line in lines]


async def probe(p: Json) -> Json:
    started = time.monotonic()
    try:
        verdict, answer, detail = await _exchange(p)
    except Broken as error:
        verdict, answer, detail = "broken", "", str(error)
    except Absent as error:
        verdict, answer, detail = "absent", "", str(error)
    return {"verdict": verdict, "answer": answer, "detail": detail, "ms": round((time.monotonic() - started) * 1000)}


async def _exchange(p: Json) -> Outcome:
    """With several addresses: open if one of them is."""
    found = await asyncio.gather(*(_ask(p, to) for to in addresses(p)))
    return next((one for one in found if one[0] == "open"), found[0])


async def _ask(p: Json, to: str) -> Outcome:
    family = socket.AF_INET6 if p["family"] == 6 else socket.AF_INET
    udp = p["proto"] == "udp"
    s = open_socket(p["from"], family, socket.SOCK_DGRAM if udp else socket.SOCK_STREAM)
    with s:
        s.setblocking(False)
        return await (_udp if udp else _tcp)(s, (to, p["port"]), p)


def inside(p: Json) -> bool:
    """Which routes a container has is the learner's work (an internal network leads nowhere); a zone's are ours."""
    return bool(p["from"].startswith("container:"))


async def _tcp(s: socket.socket, target: Target, p: Json) -> Outcome:
    loop = asyncio.get_running_loop()
    # Called once by hand: an error that comes at once is our own missing route, not an answer of the network.
    code = s.connect_ex(target)
    if code == errno.ENETUNREACH and inside(p):
        return "unreachable", "", os.strerror(code)
    if code in (errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        raise Broken(f"no way to {target[0]} from {p['from']}: {os.strerror(code)}")
    if code == errno.EINPROGRESS:
        try:
            await patiently(_writable(loop, s), p["wait"])
        except TimeoutError:
            return "filtered", "", "no answer"
        code = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code == errno.ECONNREFUSED:
        return "refused", "", "connection refused"
    if code in REJECTED:
        return "unreachable", "", os.strerror(code)
    if code == errno.ETIMEDOUT:
        return "filtered", "", "no answer"
    if code:
        raise Broken(os.strerror(code))
    return await _answer(loop, s)


async def patiently(awaited: Awaitable[Any], seconds: float) -> Any:  # noqa: ANN401 - what is awaited
    """Waits so long, and on while the machine is at work: on a busy host its answers are late, and still answers.

    Raises TimeoutError.
    """
    task = asyncio.ensure_future(awaited)
    deadline = time.monotonic() + seconds + BUSY_WAIT
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds / 2)
        while not done:
            before = ticks()
            done, _ = await asyncio.wait({task}, timeout=seconds / 2)
            if not done and (at_work(before, ticks()) < BUSY or time.monotonic() > deadline):
                raise TimeoutError
        return task.result()
    finally:
        task.cancel()


def ticks() -> tuple[int, int]:
    """Of all processors since the start: with nothing to do, and altogether."""
    with open("/proc/stat") as stat:  # noqa: PTH123 - the prober imports as little as it can: it starts sooner
        times = [int(t) for t in stat.readline().split()[1:9]]
    return times[3] + times[4], sum(times)


def at_work(before: tuple[int, int], now: tuple[int, int]) -> float:
    """How many processors had something to do between two readings."""
    rest, all_ = (there - here for here, there in zip(before, now, strict=True))
    return (1 - rest / max(1, all_)) * (os.cpu_count() or 1)


async def _writable(loop: asyncio.AbstractEventLoop, s: socket.socket) -> None:
    ready = asyncio.Event()
    loop.add_writer(s, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(s)


async def _answer(loop: asyncio.AbstractEventLoop, s: socket.socket) -> Outcome:
    """What the other side says, its last line: an accepted connection alone may be a proxy's."""
    said = b""
    try:
        await patiently(loop.sock_sendall(s, REQUEST), ANSWER_WAIT)
        while len(said) < 4096:
            chunk = await patiently(loop.sock_recv(s, 4096), ANSWER_WAIT)
            said += chunk
            if not chunk or said.startswith(b"SSH-") and b"\n" in said:
                break
    except (TimeoutError, OSError) as error:
        if not said:
            return "open", "", f"accepted, and then said nothing ({type(error).__name__})"
    lines = said.decode(errors="replace").strip().splitlines()
    banner = [line for line in lines[:1] if line.startswith("SSH-")]
    return "open", (banner or lines[-1:] or [""])[0], "answered"


async def _udp(s: socket.socket, target: Target, p: Json) -> Outcome:
    loop = asyncio.get_running_loop()
    code = s.connect_ex(target)
    if code == errno.ENETUNREACH and inside(p):
        return "unreachable", "", os.strerror(code)
    if code:
        raise Broken(f"no way to {target[0]} from {p['from']}: {os.strerror(code)}")
    for _ in range(max(1, round(p["wait"] / RESEND))):
        try:
            await loop.sock_sendall(s, p.get("send", "?").encode())
            said = await patiently(loop.sock_recv(s, 4096), RESEND)
            return "open", said.decode(errors="replace").strip(), "answered"
        except TimeoutError:
            continue
        except ConnectionRefusedError:
            return "refused", "", "port unreachable"
        except OSError as error:
            return "unreachable", "", str(error.strerror)
    return "filtered", "", "no answer"  # silence: not the same as closed


# --- the way of one packet, told by the kernel

TABLE = "lab_trace"


def _rules(p: Json, to: str) -> str:
    """Marks the first packet of the exchange, and its repetitions, in both places where a packet can begin."""
    first = "tcp flags & (syn | ack) == syn" if p["proto"] == "tcp" else ""
    match = f"meta l4proto {p['proto']} {p['proto']} dport {p['port']} ip{'6' if p['family'] == 6 else ''} daddr {to}"
    hooks = [
        f"chain {hook} {{\ntype filter hook {hook} priority -350\n{match} {first} meta nftrace set 1\n}}\n"
        for hook in ("prerouting", "output")
    ]
    return f"table inet {TABLE} {{\n{''.join(hooks)}}}\n"


async def trace(p: Json) -> Json:
    """Sends one probe while nft monitor watches; the table that marks its packets is gone again afterwards."""
    _known.clear()
    to = addresses(p)[0]
    if not os.path.exists("/usr/sbin/nft"):  # noqa: PTH110
        return {"lines": [], "result": None, "error": "nft is not installed", "listener": ""}
    monitor = await asyncio.create_subprocess_exec(
        "/usr/sbin/nft", "-n", "monitor", "trace", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    lines: list[str] = []

    async def read() -> None:
        assert monitor.stdout is not None
        while line := await monitor.stdout.readline():
            lines.append(line.decode(errors="replace").strip())

    reader = asyncio.ensure_future(read())
    try:
        subprocess.run(["/usr/sbin/nft", "-f", "-"], input=_rules(p, to).encode(), check=True, capture_output=True)
        await asyncio.sleep(0.3)  # until the monitor listens
        result = await probe({**p, "wait": min(p["wait"], 1.5)})
        await asyncio.sleep(0.4)
    except subprocess.CalledProcessError as error:
        return {"lines": [], "result": None, "error": error.stderr.decode(errors="replace").strip(), "listener": ""}
    finally:
        subprocess.run(["/usr/sbin/nft", "delete", "table", "inet", TABLE], capture_output=True, check=False)
        monitor.kill()
        await monitor.wait()
        reader.cancel()
    return {"lines": lines, "result": result, "error": "", "listener": listener(p)}


def listener(p: Json) -> str:
    """The program of the machine itself that listens on the port, empty if there is none."""
    kind = "-Hlunp" if p["proto"] == "udp" else "-Hltnp"
    command = ["/usr/bin/ss", kind, f"sport = :{p['port']}"]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    found = re.search(r'users:\(\("([^"]+)"', said)
    return found[1] if found else ""


async def idle(seconds: float) -> float:
    """The share of the processors' time, 0 to 1, in which the machine had nothing to do."""
    before = ticks()
    await asyncio.sleep(seconds)
    return 1 - at_work(before, ticks()) / (os.cpu_count() or 1)


async def probes(batch: list[Json]) -> list[Json]:
    _known.clear()
    return await asyncio.gather(*(probe(p) for p in batch))


async def serve() -> None:
    sources: dict[str, Callable[[Any], Awaitable[object]]] = {"probes": probes, "trace": trace, "idle": idle}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        request = json.loads(line)
        (kind, content), *_ = request.items()
        try:
            answer = {"results": await sources[kind](content)}
        except (Broken, Absent) as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ in ("__main__", "probe"):
    asyncio.run(serve())
