from typing import Any

from provisioner.checks import Net, measure, reaches
from provisioner.checks.verdicts import NotYet

# What a program in desk finds in its /proc, and which control group each of those processes belongs to.
MEASURE = r"""
import json, pathlib
first = pathlib.Path(f"/proc/{first_process('desk')}")
found = {"runs": first.exists(), "own": 0, "foreign": 0}
if found["runs"]:
    group = (first / "cgroup").read_text().strip()
    for process in (first / "root/proc").glob("[0-9]*"):
        try:
            whose = "own" if (process / "cgroup").read_text().strip() == group else "foreign"
            (process / "cmdline").read_bytes()
            found[whose] += 1
        except OSError:
            continue  # it has ended meanwhile, or may not be looked at
print(json.dumps(found))
"""


def test_desk_sees_itself_and_nobody_else(host: Any, net: Net) -> None:
    seen = measure(host, MEASURE)
    if not seen["runs"]:
        raise NotYet(["the container desk does not run"])
    if seen["foreign"]:
        raise NotYet([f"a program in desk sees {seen['foreign']} processes that are not desk's"])
    if not seen["own"]:
        raise NotYet(["a program in desk does not even see its own processes"])
    net.expect(
        reaches("machine", "container:desk:80"),
        reaches("container:desk", "container:till:80"),
        reaches("machine", "container:till:80"),
    )
