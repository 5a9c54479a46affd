from provisioner.checks import Net, NotYet, blocked, reaches

# Before anybody touched it, the lab noted the sum of what the container has in memory.
MEASURE = r"""
import hashlib, re
def rights(name):
    return re.search("CapEff:(.*)", read(f"/proc/{first_process(name)}/status"))[1]
try:
    with open(f"/proc/{first_process('orders')}/root/memory/today", "rb") as today:
        now = hashlib.sha256(today.read()).hexdigest()
    kept = read("/etc/lab/orders.sha256").startswith(now)
    seen = {"kept": kept, "ordinary": rights("orders") == rights("bank")}
except OSError:
    seen = {"kept": False, "ordinary": True}
"""


def test_orders_answers_and_has_lost_nothing(net: Net) -> None:
    net.expect(
        reaches("machine", "container:orders:80"),
        reaches("container:bank", "container:orders:80"),
        blocked("machine", "container:orders:81"),
        blocked("container:bank", "container:orders:81"),
        reaches("container:orders", "container:orders:81"),
    )
    seen = net.measure(MEASURE)
    if not seen["kept"]:
        raise NotYet(["today's orders are gone from orders' memory (`lab reset 1` brings them back)"])
    if not seen["ordinary"]:
        raise NotYet(["orders has more rights than bank"])
