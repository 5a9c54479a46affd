from typing import Any

from provisioner.checks import Net, blocked, measure, reaches
from provisioner.checks.verdicts import NotYet

# Before anybody touched it, the lab noted the sum of what the container has in memory.
MEASURE = r"""
import hashlib, json, pathlib, re
def process(name):
    return pathlib.Path(f"/proc/{first_process(name)}")
def rights(name):
    return re.search("CapEff:(.*)", (process(name) / "status").read_text())[1]
try:
    now = hashlib.sha256((process("orders") / "root/memory/today").read_bytes()).hexdigest()
    kept = pathlib.Path("/etc/lab/orders.sha256").read_text().startswith(now)
    found = {"kept": kept, "ordinary": rights("orders") == rights("bank")}
except OSError:
    found = {"kept": False, "ordinary": True}
print(json.dumps(found))
"""


def test_orders_answers_and_has_lost_nothing(host: Any, net: Net) -> None:
    net.expect(
        reaches("machine", "container:orders:80"),
        reaches("container:bank", "container:orders:80"),
        blocked("machine", "container:orders:81"),
        blocked("container:bank", "container:orders:81"),
        reaches("container:orders", "container:orders:81"),
    )
    seen = measure(host, MEASURE)
    if not seen["kept"]:
        raise NotYet(["today's orders are gone from orders' memory (`lab reset 1` brings them back)"])
    if not seen["ordinary"]:
        raise NotYet(["orders has more rights than bank"])
