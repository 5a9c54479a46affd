import re

from provisioner.checks import CannotTell, Net, NotYet

FACTOR = 1.25  # whoever reads the same notes finds nearly the same; Docker's own part of a boot is half of it
UNITS = {"": 1.0, "min": 60.0, "m": 60.0, "s": 1.0, "sec": 1.0, "ms": 1e-3, "msec": 1e-3, "us": 1e-6, "µs": 1e-6}

# When systemd first said in this boot that Docker had started. (Of a unit itself it knows the last start only.)
# --merge: each seat has a machine-id of its own, and the journal was begun before this one was given its own.
MEASURE = r"""
import json, subprocess
boot = read("/proc/sys/kernel/random/boot_id").strip().replace("-", "")
started = ["_PID=1", "UNIT=docker.service", "MESSAGE_ID=39f53479d3a045ac8e11786248231fbf", "_BOOT_ID=" + boot]
ask = ["/usr/bin/journalctl", "--merge", "--quiet", "--no-pager", "--output", "json", *started]
said = subprocess.run(ask, capture_output=True, text=True)
times = [int(json.loads(line)["__MONOTONIC_TIMESTAMP"]) / 1e6 for line in said.stdout.splitlines()]
seen = {"finding": written("/home/learner/findings/machine-start"), "times": times, "said": said.stderr}
"""


def test_a_machine_starts(net: Net) -> None:
    seen = net.measure(MEASURE)
    said = seconds(seen["finding"])
    if not seen["times"]:
        raise CannotTell(f"this boot's journal does not know when Docker started: reboot, and measure anew\n{seen['said']}")
    here = min(seen["times"])
    if not here / FACTOR <= said <= here * FACTOR:
        raise NotYet([f"you say {said:.4g} s; in this boot Docker was ready {here:.1f} s after the kernel had begun"])


def seconds(finding: str) -> float:
    """Of `40`, `40 s`, `40123 ms`, `1min 4.2s`. Raises NotYet."""
    if not finding.strip():
        raise NotYet(["~/findings/machine-start is not there, or empty"])
    number_with_unit = r"(\d+(?:[.,]\d+)?)\s*([a-zµ]*)"
    parts = re.findall(number_with_unit, finding.lower())
    if re.sub(number_with_unit, "", finding.lower()).strip() or any(unit not in UNITS for _, unit in parts):
        raise NotYet([f"~/findings/machine-start says “{finding.strip()[:60]}”, which is no time such as `40 s`"])
    return sum(float(number.replace(",", ".")) * UNITS[unit] for number, unit in parts)
