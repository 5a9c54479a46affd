from provisioner.checks import Net, NotYet, reaches

# What a program in desk finds in its /proc, and which control group each of those processes belongs to.
MEASURE = r"""
import os
first = f"/proc/{first_process('desk')}"
seen = {"runs": os.path.exists(first), "own": 0, "foreign": 0}
if seen["runs"]:
    group = read(first + "/cgroup")
    for process in processes(first + "/root/proc"):
        try:
            whose = "own" if read(process + "/cgroup") == group else "foreign"
            read(process + "/cmdline")
            seen[whose] += 1
        except OSError:
            continue  # it has ended meanwhile, or may not be looked at
"""


def test_desk_sees_itself_and_nobody_else(net: Net) -> None:
    seen = net.measure(MEASURE)
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
