"""A machine and somebody outside, as two network namespaces of this host: real packets without a virtual machine."""

import subprocess
from dataclasses import dataclass

NONCE = "c0ffee00"

# In the machine. 8080: a service; 8081: one for the machine itself; 22: greets first; 53/udp: a service;
# 9: accepts and says nothing.
SERVER = f"""
import socket, threading

silent = []

def answer(server, said):
    while True:
        caller, _ = server.accept()
        if said is None:
            silent.append(caller)
            continue
        with caller:
            if not said.startswith(b"SSH-"):
                caller.recv(4096)
            caller.sendall(said)

def serve(address, port, said):
    server = socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET)
    threading.Thread(target=answer, args=(server, said), daemon=True).start()

for address in ("0.0.0.0", "::"):
    serve(address, 8080, b"HTTP/1.0 200 OK\\r\\n\\r\\nshop {NONCE}\\n")
    serve(address, 22, b"SSH-2.0-test\\r\\n")
serve("127.0.0.1", 8081, b"stats {NONCE}\\n")
serve("0.0.0.0", 9, None)
datagrams = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET6)]
datagrams[1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)

def echo(s):
    while True:
        said, who = s.recvfrom(4096)
        s.sendto(b"name {NONCE}\\n", who)

for s, address in zip(datagrams, ("198.51.100.1", "2001:db8:51::1")):
    s.bind((address, 53))
    threading.Thread(target=echo, args=(s,), daemon=True).start()
print("listening", flush=True)
threading.Event().wait()
"""

# Behind the machine: nets that it drops, rejects or forbids packets to; outside knows the way to them.
_BOX = """
link set lo up
addr add 198.51.100.1/24 dev wire
addr add 2001:db8:51::1/64 dev wire nodad
link set wire up
route add blackhole 203.0.113.0/26
route add unreachable 203.0.113.64/26
route add prohibit 203.0.113.128/26
-6 route add blackhole 2001:db8:1::/48
-6 route add unreachable 2001:db8:2::/48
-6 route add prohibit 2001:db8:3::/48
"""
_OUTSIDE = """
link set lo up
addr add 198.51.100.10/24 dev wire
addr add 2001:db8:51::10/64 dev wire nodad
link set wire up
route add 203.0.113.0/24 via 198.51.100.1
-6 route add 2001:db8::/45 via 2001:db8:51::1
"""
_SETTINGS = (
    "net/ipv4/ip_forward=1",
    "net/ipv6/conf/all/forwarding=1",
    "net/ipv4/icmp_ratemask=0",
    "net/ipv6/icmp/ratelimit=0",
)


@dataclass(frozen=True)
class Networks:
    """Names of network namespaces."""

    outside: str
    box: str


def make(networks: Networks) -> None:
    outside, box = networks.outside, networks.box
    _ip("netns", "add", outside)
    _ip("netns", "add", box)
    _ip("-n", box, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", outside)
    for setting in _SETTINGS:
        name, _, value = setting.partition("=")
        _ip("netns", "exec", box, "sh", "-c", f"echo {value} >/proc/sys/{name}")
    for name, plan in ((box, _BOX), (outside, _OUTSIDE)):
        for line in plan.split("\n")[1:-1]:
            _ip("-n", name, *line.split())


def remove(networks: Networks) -> None:
    for name in (networks.outside, networks.box):
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
