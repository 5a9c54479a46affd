import re

from provisioner.checks import CannotTell, Net, NotYet

FACTOR = 1.5
KILO = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3}

# What the container's own layer holds, as Docker counts it and as the disk does; and what the disk holds that is not
# Docker's. du -x does not look into the containers' file systems, where the same files show up again.
MEASURE = r"""
import os, subprocess
container, said = None, ""
try:
    container = docker("/containers/stock/json?size=1").get("SizeRw", 0)
except Absent as error:
    said = str(error)
dockers = 0
for folder in ("/var/lib/docker", "/var/lib/containerd"):
    used = subprocess.run(["/usr/bin/du", "-sx", "--block-size=1", folder], capture_output=True, text=True).stdout
    dockers += int((used.split() or ["0"])[0])
disk = os.statvfs("/")
guest = (disk.f_blocks - disk.f_bfree) * disk.f_frsize - dockers
finding = written("/home/learner/findings/disk")
seen = {"finding": finding, "container": container, "guest": guest, "said": said}
"""


def test_disk_of_a_container_and_of_a_guest(net: Net) -> None:
    seen = net.measure(MEASURE)
    said = {name: size(seen["finding"], name) for name in ("container", "guest")}
    if seen["container"] is None:
        raise NotYet([f"there is no container stock: {seen['said']}"])
    here = {name: seen[name] for name in said}
    if min(here.values()) <= 0:
        raise CannotTell(f"the sizes on the disk make no sense: {here}")
    wrong = [name for name in here if not here[name] / FACTOR <= said[name] <= here[name] * FACTOR]
    if wrong:
        raise NotYet([f"{name}: you say {shown(said[name])}; I measured {shown(here[name])}" for name in wrong])


def size(finding: str, name: str) -> float:
    """Bytes, of a line such as `container: 5.2 MB`. Raises NotYet."""
    lines = re.findall(rf"^\s*{name}\s*:(.*)$", finding, re.MULTILINE | re.IGNORECASE)
    if not lines:
        raise NotYet([f"~/findings/disk has no line “{name}: SIZE”"])
    match = re.fullmatch(r"\s*(\d+(?:[.,]\d+)?)\s*([kmg]?)(i?b|i|bytes?)?\s*", lines[-1].lower())
    if not match:
        raise NotYet([f"~/findings/disk says “{lines[-1].strip()[:60]}”, which is no size such as `5.2 MB`"])
    return float(match[1].replace(",", ".")) * KILO[match[2]]


def shown(count: float) -> str:
    return f"{count / 1e6:,.4g} MB" if count < 1e9 else f"{count / 1e9:,.3g} GB"
