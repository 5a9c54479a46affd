"""What comes of a packet in a fake machine: decided by its rules, which are lines `VERDICT SOURCE TARGET FAMILY`.

The last rule that fits decides. A target is `8080/tcp`, `container:NAME:PORT` or `ZONE:PORT`.
"""

import json
from typing import Any

from provisioner.backends.fake.evidence import collect
from provisioner.backends.fake.guest import LAB, NONCE, RULES, Guest

ANY = "*"
VERDICTS = ("open", "refused", "filtered", "unreachable", "absent", "broken")
BORDERS = ("lost", "answered", "unanswered", "unseen")  # instead of a verdict: what tells against it
FLAKY = "flaky"  # every second packet gets through
_COUNT = "/run/flaky"
_ANSWERS = "/var/lib/lab/services"


def reply(guest: Guest, request: dict[str, Any]) -> object:
    """To a line for the prober (provisioner/guest/prober/serve.py)."""
    ((kind, content),) = request.items()
    match kind:
        case "probes":
            return [exchange(guest, probe) for probe in content]
        case "trace":
            return [{"lines": [], "result": exchange(guest, probe)} for probe in content]
        case "idle":
            return [1.0, 60.0]  # it has had nothing to do for long
        case "measure":
            return measure(guest, content)
        case "evidence":
            return collect(guest, history=bool(content["history"]))
        case _:
            raise ValueError(f"the fake machine does not know {kind}")


def exchange(guest: Guest, probe: dict[str, Any]) -> dict[str, object]:
    target = _target(guest, probe)
    word = _decided(guest, str(probe["from"]), target, str(probe["family"]))
    if word == FLAKY:
        count = int(guest.read(_COUNT) or 0) + 1
        guest.write(_COUNT, str(count))
        word = "open" if count % 2 else "filtered"
    border = word if word in BORDERS else ""
    verdict = ("filtered" if word == "unseen" else "open") if border else word
    reply = _answer(guest, target) if verdict == "open" else None
    if verdict == "open" and reply is None:
        verdict = "refused"
    return {"verdict": verdict, "answer": reply or "", "detail": f"{verdict} by the fake machine", "ms": 1, "border": border}


def measure(guest: Guest, program: str) -> object:
    """A check's own program, on the machine's files. As all checks it comes from a lab that is trusted."""
    names: dict[str, Any] = {"read": guest.read, "written": guest.read}
    exec(compile(program, "the check's program", "exec"), names)  # noqa: S102
    return names["seen"]


def named(guest: Guest, target: str) -> str:
    """How rules write a target: a service by its port."""
    services = _read_topology(guest)["lab_services"]
    if target in services:
        return f"{services[target]['port']}/{services[target]['proto']}"
    return target if ":" in target or "/" in target else f"{target}/tcp"


def _target(guest: Guest, probe: dict[str, Any]) -> str:
    to, port = str(probe["to"]), probe["port"]
    if to.startswith("container:"):
        return f"{to}:{port}"
    for network in _read_topology(guest)["lab_networks"].values():
        for name, zone in network["zones"].items():
            if to in (zone["v4"], zone["v6"]):
                return f"{name}:{port}"
    return f"{port}/{probe['proto']}"


def _decided(guest: Guest, source: str, target: str, family: str) -> str:
    verdict = "open"
    for file in RULES.values():
        for line in guest.read(file).splitlines():
            word, *pattern = line.split()
            if all(wanted_value in (ANY, other) for wanted_value, other in zip(pattern, (source, target, family), strict=True)):
                verdict = word
    return verdict


def _answer(guest: Guest, target: str) -> str | None:
    """What the one says who answers there; None where nobody does."""
    name = _server(guest, target)
    own = guest.read(f"{_ANSWERS}/{name}/answer")
    return own or (f"{name} {guest.read(NONCE).strip()}" if name and name != "SSH-2.0-fake" else name)


def _server(guest: Guest, target: str) -> str | None:
    topology = _read_topology(guest)
    if target.startswith("container:"):
        return target.split(":")[1]
    if ":" in target:
        zone, _, port = target.partition(":")
        serves = [z["serves"] for n in topology["lab_networks"].values() for name, z in n["zones"].items() if name == zone]
        return zone if int(port) in serves[0] else None
    services = {f"{s['port']}/{s['proto']}": name for name, s in topology["lab_services"].items()}
    return services.get(target) or ("SSH-2.0-fake" if target == "22/tcp" else None)


def _read_topology(guest: Guest) -> dict[str, Any]:
    empty: dict[str, Any] = {"lab_networks": {}, "lab_services": {}}
    return {**empty, **json.loads(guest.read(LAB) or "{}")}
