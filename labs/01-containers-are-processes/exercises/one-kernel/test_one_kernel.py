from provisioner.checks import Net, NotYet, reaches

MEASURE = r"""
import os, re
def rights(name):
    return re.search("CapEff:(.*)", read(f"/proc/{first_process(name)}/status"))[1]
try:
    own = f"/proc/{first_process('search')}/ns/"
    apart = [os.readlink(own + kind) != os.readlink("/proc/1/ns/" + kind) for kind in ("pid", "net", "mnt", "ipc")]
    ordinary = all(apart) and rights("search") == rights("bank")
except OSError:
    ordinary = None
seen = {"ordinary": ordinary, "limit": int(read("/proc/sys/fs/aio-max-nr"))}
"""


def test_the_machines_kernel_is_the_containers(net: Net) -> None:
    seen = net.measure(MEASURE)
    if seen["ordinary"] is None:
        raise NotYet(["the containers search and bank do not both run"])
    if seen["limit"] < 1048576:
        raise NotYet([f"the kernel's fs.aio-max-nr is {seen['limit']}; search was written for 1048576 or more"])
    if not seen["ordinary"]:
        raise NotYet(["search has more rights than bank, or is less isolated from the machine"])
    net.expect(reaches("machine", "search"))
