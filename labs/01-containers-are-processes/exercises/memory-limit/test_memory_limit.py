import re

from provisioner.checks import Net, NotYet, reaches

LIMIT = 64 << 20

# What the kernel enforces (its control groups), and what it says that it did (its log).
MEASURE = r"""
import os, re
groups, limits = {}, {}
for name in ("report", "bank", "branch", "search", "orders", "till", "desk"):
    try:
        groups[name] = read(f"/proc/{first_process(name)}/cgroup").strip().partition("::")[2]
        limits[name] = read(f"/sys/fs/cgroup{groups[name]}/memory.max").strip()
    except OSError:
        continue  # it does not run, or has ended meanwhile
log, killed = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK), []
while True:
    try:
        line = os.read(log, 8192).decode(errors="replace")
    except BlockingIOError:
        break
    except BrokenPipeError:  # the oldest lines are overwritten at this moment
        continue
    if "oom-kill:" in line and groups.get("report") and f"oom_memcg={groups['report']}," in line:
        killed.append(re.search(r"\bpid=(\d+)", line)[1])
os.close(log)
seen = {"limits": limits, "killed": killed, "answer": written("/home/learner/answers/killed")}
"""


def test_the_kernel_keeps_the_limit(net: Net) -> None:
    seen = net.measure(MEASURE)
    limits = seen["limits"]
    if "report" not in limits:
        raise NotYet(["the container report does not run"])
    if limits["report"] != str(LIMIT):
        raise NotYet([f"the kernel allows report {limits['report']} bytes of memory, expected {LIMIT} (64 MiB)"])
    if limited := sorted(name for name, limit in limits.items() if limit != "max" and name != "report"):
        raise NotYet([f"there is a limit for {name}, too" for name in limited])
    if not seen["killed"]:
        raise NotYet(["nothing has yet been ended in report because of its limit: ask for a report"])
    said = re.findall(r"^\s*(\d+)\s*$", seen["answer"], re.MULTILINE)
    if len(said) != 1:
        raise NotYet(["~/answers/killed does not hold one process number"])
    if said[0] not in seen["killed"]:
        raise NotYet([f"process {said[0]} is not one that was ended in report because of its limit"])
    net.expect(reaches("machine", "report"))
