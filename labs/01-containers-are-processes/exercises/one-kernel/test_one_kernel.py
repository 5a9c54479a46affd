from typing import Any

from provisioner.checks import Net, measure, reaches
from provisioner.checks.verdicts import NotYet

MEASURE = r"""
import json, os, pathlib, re
def process(name):
    return pathlib.Path(f"/proc/{first_process(name)}")
def rights(name):
    return re.search("CapEff:(.*)", (process(name) / "status").read_text())[1]
try:
    own, machines = process("search") / "ns", pathlib.Path("/proc/1/ns")
    apart = [os.readlink(own / kind) != os.readlink(machines / kind) for kind in ("pid", "net", "mnt", "ipc")]
    found = {"ordinary": all(apart) and rights("search") == rights("bank")}
except OSError:
    found = {"ordinary": None}
print(json.dumps({**found, "limit": int(pathlib.Path("/proc/sys/fs/aio-max-nr").read_text())}))
"""


def test_the_machines_kernel_is_the_containers(host: Any, net: Net) -> None:
    seen = measure(host, MEASURE)
    if seen["ordinary"] is None:
        raise NotYet(["the containers search and bank do not both run"])
    if seen["limit"] < 1048576:
        raise NotYet([f"the kernel's fs.aio-max-nr is {seen['limit']}; search was written for 1048576 or more"])
    if not seen["ordinary"]:
        raise NotYet(["search has more rights than bank, or is less isolated from the machine"])
    net.expect(reaches("machine", "search"))
