import re

from provisioner.checks import Net, NotYet

FACTOR = 1.5
KILO = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}

# There is more than one honest way to count memory, so both ends of them are measured. Of the containers: what their
# processes alone have written into memory, and all that their control groups are charged for (the files that they have
# read as well). Of the rest of the machine: what its processes have (each shared page counted once), and all that is
# neither available nor of the containers.
MEASURE = r"""
import re
def numbers(path):
    try:
        return {k: int(v) for k, v in re.findall(r"^(\w+):?\s+(\d+)", read(path), re.MULTILINE)}
    except OSError:
        return {}
anon, charged, missing, groups = 0, 0, [], set()
for name in ("orders", "invoices", "stock"):
    try:
        group = read(f"/proc/{first_process(name)}/cgroup").strip().partition("::")[2]
        charged += int(read("/sys/fs/cgroup" + group + "/memory.current"))
    except OSError:
        missing.append(name)
        continue
    anon += numbers("/sys/fs/cgroup" + group + "/memory.stat")["anon"]
    groups.add(group)
others = 0
for process in processes():
    try:
        if read(process + "/cgroup").strip().partition("::")[2] not in groups:
            others += numbers(process + "/smaps_rollup").get("Pss", 0) * 1024
    except OSError:
        continue  # it has ended meanwhile
machine = numbers("/proc/meminfo")
rest = (machine["MemTotal"] - machine["MemAvailable"]) * 1024 - anon
seen = {"containers": sorted([anon, charged]), "guest": sorted([others, rest]), "missing": missing}
seen["finding"] = written("/home/learner/findings/memory")
"""


def test_memory_of_containers_and_of_the_guest(net: Net) -> None:
    seen = net.measure(MEASURE)
    said = {name: size(seen["finding"], name) for name in ("containers", "guest")}
    if seen["missing"]:
        raise NotYet([f"the container {name} does not run" for name in seen["missing"]])
    wrong = [n for n in said if not seen[n][0] / FACTOR <= said[n] <= seen[n][1] * FACTOR]
    if wrong:
        lines = [f"{n}: you say {shown(said[n])}; I measured {shown(seen[n][0])} to {shown(seen[n][1])}" for n in wrong]
        raise NotYet([*lines, "(there is more than one honest way to count memory: these are the least and the most)"])


def size(finding: str, name: str) -> float:
    """Bytes, of a line such as `guest: 230 MB`. Raises NotYet."""
    lines = re.findall(rf"^\s*{name}\s*:(.*)$", finding, re.MULTILINE | re.IGNORECASE)
    if not lines:
        raise NotYet([f"~/findings/memory has no line “{name}: SIZE”"])
    match = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?)\s*([kmg]?)(i?b|i|bytes?)?\s*", lines[-1].lower())
    if not match:
        raise NotYet([f"~/findings/memory says “{lines[-1].strip()[:60]}”, which is no size such as `90 MB`"])
    return float(match[1].replace(",", ".")) * KILO[match[2]]


def shown(count: float) -> str:
    return f"{count / 1e6:,.4g} MB" if count < 1e9 else f"{count / 1e9:,.3g} GB"
