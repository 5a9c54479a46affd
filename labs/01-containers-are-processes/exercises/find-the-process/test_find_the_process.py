import re

from provisioner.checks import Net, NotYet

# The kernel says who is in the same process namespace as the container's first process.
MEASURE = r"""
import os, re
bank = first_process("bank")
tellers = []
for process in processes():
    try:
        inside = os.readlink(process + "/ns/pid") == os.readlink(f"/proc/{bank}/ns/pid")
        if inside and read(process + "/comm") == "teller\n":
            tellers.append(re.search("NSpid:(.*)", read(process + "/status"))[1].split())
    except OSError:
        continue  # it has ended meanwhile
seen = {"tellers": tellers, "answer": written("/home/learner/answers/teller")}
"""


def test_both_numbers_of_the_teller(net: Net) -> None:
    seen = net.measure(MEASURE)
    said = dict(re.findall(r"^\s*(machine|container)\s*:\s*(\d+)\s*$", seen["answer"], re.MULTILINE))
    if not seen["tellers"]:
        raise NotYet(["no program called teller runs in the container bank (or the container does not run)"])
    if missing := {"machine", "container"} - said.keys():
        raise NotYet([f"~/answers/teller has no line “{name}: NUMBER”" for name in sorted(missing)])
    sides = enumerate(("machine", "container"))
    wrong = [name for place, name in sides if all(said[name] != teller[place] for teller in seen["tellers"])]
    if wrong:
        raise NotYet([f"the {name} does not know bank's teller by the number {said[name]}" for name in wrong])
