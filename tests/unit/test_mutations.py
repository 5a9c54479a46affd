"""A thousand answers that no machine of ours gives, and a thousand manifests that no author means: each ends as an answer or
as an error with a next step, in bounded time and memory. The seed is fixed, so that what is found once is found again."""

import base64
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from provisioner.backends.qemu import agent
from provisioner.checks.probe import Probe, Result, Trace
from provisioner.checks.probe_client import Prober
from provisioner.checks.trace_explained import describe_hops, parse
from provisioner.content.lab import load
from provisioner.core.errors import LabError
from provisioner.core.guest_input import Lines, decode
from provisioner.core.paths import project_labs
from provisioner.guest.prober import engine
from provisioner.provision import docker_images

TIMES = 1000
SLOW = 5.0  # seconds for one, on a busy host
MEMORY = 400 << 20  # bytes of the whole program, in which Python and what it imports take a fifth

RESULT = {"verdict": "open", "answer": "shop c0ffee00", "detail": "answered", "ms": 12, "border": ""}
LINE = 'trace id 1a2b ip filter FORWARD rule oifname "docker0" counter packets 1 bytes 60 jump DOCKER (verdict jump DOCKER)'
LINES = [LINE, "trace id 1a2b ip filter DOCKER verdict continue", "trace id 1a2b inet lab_trace prerouting packet: x"]
TRACE = {"lines": LINES, "result": RESULT, "error": "", "listener": "docker-proxy"}  # fmt: skip
CONTAINER = {"Id": "a" * 64, "Name": "/shop", "State": {"Pid": 1, "Running": True},
             "NetworkSettings": {"Networks": {"web": {"IPAddress": "172.18.0.2", "GlobalIPv6Address": ""}}}}  # fmt: skip
ODD: tuple[Any, ...] = (
    None, True, -1, 2**70, 1e308, float("nan"), "", "\x1b[2J", "\u202e", "\ud800", "x" * 5000, [], {},
    [[[[[[]]]]]], {"a": {}}, "jump",
)  # fmt: skip
BYTES = (
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\x1b[1m",
    b"\n",
    b"[" * 3000,
    b'{"a":' * 3000,
    b"9" * 5000,
    b"NaN",
    b'"',
    b"\\u",
    b"}",
    b": ",
)


def changed(value: Any, draw: Random) -> Any:  # noqa: ANN401 - JSON
    """With one of its parts exchanged, left out, or given twice."""
    if isinstance(value, dict) and value and draw.random() < 0.9:
        name = draw.choice(list(value))
        if draw.random() < 0.15:
            return {k: v for k, v in value.items() if k != name}
        if draw.random() < 0.1:
            return {**value, "more": draw.choice(ODD)}
        return {**value, name: changed(value[name], draw)}
    if isinstance(value, list) and value and draw.random() < 0.8:
        at = draw.randrange(len(value))
        return [*value[:at], *([changed(value[at], draw)] * draw.choice((0, 1, 1, 1, 2))), *value[at + 1 :]]
    return draw.choice(ODD)


def damaged(said: bytes, draw: Random) -> bytes:
    """With bytes put in, cut out, or repeated."""
    for _ in range(draw.randint(1, 3)):
        at, end = sorted(draw.randrange(len(said) + 1) for _ in range(2))
        more = draw.choice(BYTES)
        said = draw.choice((said[:at] + more + said[at:], said[:at] + said[end:], said[:end] + said[at:end] + said[end:]))
    return said


def mutated(value: object, draw: Random) -> bytes:
    if draw.random() < 0.6:
        return json.dumps(changed(value, draw)).encode(errors="surrogatepass")
    return damaged(json.dumps(value).encode(), draw)


class Told(Prober):
    """A prober's host end, whose machine has said this."""

    def __init__(self, line: bytes) -> None:
        self._told, self._channel, self._timeout = line, None, None

    def _answer(self, request: str, patience: float) -> bytes:
        return self._told


def of_probes(draw: Random) -> Callable[[], object]:
    line, probe = mutated({"results": [RESULT]}, draw), Probe("outside", "198.51.100.1", 80)
    return lambda: [str(one) for one in Told(line).send([probe])]


def of_traces(draw: Random) -> Callable[[], object]:
    line, probe = mutated({"results": [TRACE]}, draw), Probe("outside", "198.51.100.1", 80)

    def work() -> None:
        for trace in Told(line).trace([probe]):
            if trace.result:
                describe_hops(parse(trace.lines), trace, probe)

    return work


def of_trace_lines(draw: Random) -> Callable[[], object]:
    lines = tuple(damaged(one.encode(), draw).decode(errors="replace") for one in LINES * 3)
    trace = Trace(lines, Result("open", "", "", 1), "", draw.choice(("", "docker-proxy", "\x1b")))
    return lambda: describe_hops(parse(lines), trace, Probe("outside", "198.51.100.1", 80))


def of_measurements(draw: Random) -> Callable[[], object]:
    kind = draw.choice(({"results": [0.5, 1.5]}, {"results": {"a": [1, {"b": "c"}]}}))
    line = mutated(kind, draw)
    return lambda: (Told(line).measure(""), Told(line).idle(0))


def of_the_agent(draw: Random) -> Callable[[], object]:
    line = damaged(b"12345678 0 " + base64.b64encode(b"said" * draw.randrange(20)), draw)
    return lambda: [agent._answer(one, "12345678", "") for one in Lines(agent.LONGEST).feed(line + b"\n")]


def of_docker(draw: Random) -> Callable[[], object]:
    said = b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + mutated(CONTAINER, draw)
    said = damaged(said, draw) if draw.random() < 0.2 else said
    return lambda: engine.parse_reply(said)


def of_a_build(draw: Random) -> Callable[[], object]:
    steps = (b'{"stream": "FROM scratch"}', b'{"aux": {"ID": "sha256:ab"}}', b'{"error": "no"}', b'{"message": "no"}')
    said = b"\r\n".join(damaged(draw.choice(steps), draw) for _ in range(3)).decode(errors="replace")
    return lambda: docker_images.image_of(said, "web")


KINDS = (of_probes, of_traces, of_trace_lines, of_measurements, of_the_agent, of_docker, of_a_build)


def answers() -> Iterator[tuple[str, Callable[[], object]]]:
    draw = Random(21)  # noqa: S311 - to be the same each time
    for number in range(TIMES):
        kind = KINDS[number % len(KINDS)]
        yield f"{kind.__name__} {number}", kind(draw)


def manifests(folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    draw = Random(21)  # noqa: S311
    texts = [file.read_bytes() for file in sorted(project_labs().glob("*/lab.yaml"))]
    odd = (*BYTES, b"- " * 2000, b"? " * 500, b"&a [*a]", b"*a", b"!!python/object:os.system", b"<<: ", b"|", b"\t", b"yes",
           b"010", b"&x " + b"[" * 200, "\u202e".encode(), b"---\n", b"%YAML 9.9\n")  # fmt: skip
    target = folder / "01-one" / "lab.yaml"
    target.parent.mkdir(parents=True)
    for number in range(TIMES):
        said = draw.choice(texts)
        lines = said.split(b"\n")
        at = draw.randrange(len(lines))
        match draw.randrange(4):
            case 0:
                said = damaged(said, draw)
            case 1:
                name, colon, _ = lines[at].partition(b": ")
                said = b"\n".join([*lines[:at], name + colon + draw.choice(odd), *lines[at + 1 :]])
            case 2:
                said = b"\n".join([*lines[:at], b" " * draw.randrange(8) + draw.choice(odd), *lines[at:]])
            case _:
                said = b"\n".join([*lines[:at], *draw.sample(lines, min(5, len(lines))), *lines[at + draw.randrange(4) :]])

        def work(said: bytes = said) -> None:
            target.write_bytes(said)
            load(folder, "1")

        yield f"manifest {number}", work


def bombs(folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is short, and means much."""
    target = folder / "01-one" / "lab.yaml"
    target.parent.mkdir(parents=True)
    many = ", ".join(["*h"] * 4000)
    whens = f"a: &h x\nb: &w {{hint: x, probes: [{many}]}}\nexercises: [{{hint_when: [{', '.join(['*w'] * 4000)}]}}]"
    laughs = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" if n else "l0: &l0 [x]" for n in range(12))
    for number, said in enumerate((
        "[" * 100_000, "{a: " * 100_000, "- " * 100_000, "? " * 100_000, "a: &a [*a]", "exercises: &a [*a]", laughs, whens,
        "title: " + "x" * (20 << 20), "#" * (20 << 20), "".join(f"f{n}: 1\n" for n in range(100_000)), "\n" * (5 << 20),
    )):  # fmt: skip

        def work(said: str = said) -> None:
            target.write_text(said)
            load(folder, "1")

        yield f"bomb {number}", work


def go(trials: Iterator[tuple[str, Callable[[], object]]]) -> list[str]:
    """What is not as it must be."""
    bad = []
    for name, work in trials:
        began = time.monotonic()
        try:
            work()
        except (LabError, engine.Absent):
            pass
        except BaseException as error:  # noqa: BLE001
            bad.append(f"{name}: {type(error).__name__}: {str(error)[:200]}")
        if (took := time.monotonic() - began) > SLOW:
            bad.append(f"{name}: took {took:.0f} s")
    return bad


@pytest.mark.parametrize("what", ["answers", "manifests", "bombs"])
@pytest.mark.slow
def test_mutations(what: str, tmp_path: Path) -> None:
    """In a process that the kernel gives no more memory and time than this."""
    program = (
        "import sys\nfrom pathlib import Path\nfrom tests.unit import test_mutations as m\n"
        f"trials = m.{what}({'' if what == 'answers' else 'Path(sys.argv[1])'})\n"
        "bad = m.go(trials)\nprint(*bad, sep='\\n')\nraise SystemExit(bool(bad))"
    )

    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (120, 120))

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "labs")], capture_output=True, text=True, check=False, preexec_fn=limits,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def test_what_is_good_is_still_understood() -> None:
    """Else the thousand would prove nothing."""
    assert decode(json.dumps([RESULT]).encode(), tuple[Result, ...])[0].answer == "shop c0ffee00"
    assert engine.parse_reply(b"HTTP/1.0 200 OK\r\n\r\n" + json.dumps(CONTAINER).encode()) == CONTAINER
