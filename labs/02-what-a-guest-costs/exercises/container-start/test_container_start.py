import re
from statistics import median
from typing import Any

from provisioner.checks import CannotTell, Net, NotYet

FACTOR = 3.0
NEAR, FAR = 2.0, 6.0  # times: two starts tell of what is within the one, or beyond the other
UNITS = {"": 1.0, "min": 60.0, "m": 60.0, "s": 1.0, "sec": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6, "µs": 1e-6}

# Begins with Docker's client and ends with the first byte of output, as it would for somebody who waits for it. The
# first start is not counted: what it needs may have to come from the disk.
MEASURE = r"""
import subprocess, time
run = ["/usr/bin/timeout", "60", "/usr/bin/docker", "run", "--rm", "--pull", "never", "--label", "lab.check=2"]
times, said, patience = [], "", time.monotonic() + 20
for _ in range(6):
    began, counted = time.monotonic(), times[1:]
    if len(counted) > 2 and began > patience:
        break  # on a slow machine three have to do
    if len(counted) > 1 and max(counted) / NEAR <= SAID <= min(counted) * NEAR:
        break
    if len(counted) > 1 and not min(counted) / FAR <= SAID <= max(counted) * FAR:
        break
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*run, "lab/web", "echo", "lab"], **pipes) as container:
        if container.stdout.read(1):
            times.append(time.monotonic() - began)
        said = container.communicate()[1].decode(errors="replace") or said
seen = {"times": times[1:], "said": said}
"""


def test_a_container_starts(host: Any, net: Net) -> None:
    said = seconds(host.run("/usr/bin/cat /home/learner/findings/container-start").stdout)
    seen = net.measure(f"SAID, NEAR, FAR = {min(said, 1e6)!r}, {NEAR!r}, {FAR!r}\n{MEASURE}")
    if not seen["times"]:
        raise CannotTell(f"no container of lab/web could be started: {seen['said'].strip()}")
    here = median(seen["times"])
    # A machine that is busy for a moment is not the learner's mistake.
    if not min(seen["times"]) / FACTOR <= said <= here * FACTOR:
        times = f"median of {len(seen['times'])}, {min(seen['times']):.2f} to {max(seen['times']):.2f} s"
        raise NotYet([f"you say {said:.4g} s; I measured {here:.2f} s ({times})"])


def seconds(finding: str) -> float:
    """Of `0.8`, `0.8 s`, `800 ms`, `0m0.8s`. Raises NotYet."""
    if not finding.strip():
        raise NotYet(["~/findings/container-start is not there, or empty"])
    number_with_unit = r"(\d+(?:[.,]\d+)?)\s*([a-zµ]*)"
    parts = re.findall(number_with_unit, finding.lower())
    if re.sub(number_with_unit, "", finding.lower()).strip() or any(unit not in UNITS for _, unit in parts):
        raise NotYet([f"~/findings/container-start says “{finding.strip()[:60]}”, which is no time such as `0.8 s`"])
    return sum(float(number.replace(",", ".")) * UNITS[unit] for number, unit in parts)
