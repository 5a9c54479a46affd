"""A machine and somebody outside, as network namespaces of this host: real packets without a virtual machine. Between them is
a switch in a namespace of its own, as in the machines of labs (labs/roles/zones)."""

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from provisioner.content.manifest import Manifest, Network, Service, Zone

NONCE = "c0ffee00"
PYTHON = "/usr/bin/python3"  # which every user may start
NET = f"198.19.{os.getpid() % 250}"  # a wire of the host has its first two addresses

# In the machine. 8080, and 8101 to 8112: services; 8081: one for the machine itself; 22: greets first; 53/udp: a service;
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
    for port in range(8101, 8113):
        serve(address, port, b"p%d {NONCE}\\n" % port)
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
addr add 198.51.100.1/24 dev ext0
addr add 2001:db8:51::1/64 dev ext0 nodad
link set ext0 up
route add blackhole 203.0.113.0/26
route add unreachable 203.0.113.64/26
route add prohibit 203.0.113.128/26
-6 route add blackhole 2001:db8:1::/48
-6 route add unreachable 2001:db8:2::/48
-6 route add prohibit 2001:db8:3::/48
"""
_OUTSIDE = """
link set lo up
addr add 198.51.100.10/24 dev eth0
addr add 2001:db8:51::10/64 dev eth0 nodad
link set eth0 up
route add 203.0.113.0/24 via 198.51.100.1
-6 route add 2001:db8::/45 via 2001:db8:51::1
"""
_SWITCH = """
link add ext type bridge
link set ext up
link set machine master ext up
link set outside master ext up
"""
_SETTINGS = (
    "net/ipv4/ip_forward=1",
    "net/ipv6/conf/all/forwarding=1",
    "net/ipv4/icmp_ratemask=0",
    "net/ipv6/icmp/ratelimit=0",
    "net/ipv6/conf/ext0/accept_dad=0",  # its own address can be used at once
)


@dataclass(frozen=True)
class Networks:
    """Names of network namespaces."""

    outside: str
    box: str
    switch: str


def make(networks: Networks) -> None:
    outside, box, switch = networks.outside, networks.box, networks.switch
    for name in (outside, box, switch):
        ip("netns", "add", name)
    ip("-n", box, "link", "add", "ext0", "type", "veth", "peer", "name", "machine", "netns", switch)
    ip("-n", outside, "link", "add", "eth0", "type", "veth", "peer", "name", "outside", "netns", switch)
    for setting in _SETTINGS:
        name, _, value = setting.partition("=")
        ip("netns", "exec", box, "sh", "-c", f"echo {value} >/proc/sys/{name}")
    for name, plan in ((switch, _SWITCH), (box, _BOX), (outside, _OUTSIDE)):
        for line in plan.split("\n")[1:-1]:
            ip("-n", name, *line.split())


def remove(networks: Networks) -> None:
    for name in (networks.outside, networks.box, networks.switch):
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


# Arguments: a port, and what is said to each who calls.
LISTENER = """
import socket, sys
server = socket.create_server(("0.0.0.0", int(sys.argv[1])))
print("listening", flush=True)
while True:
    caller, _ = server.accept()
    caller.sendall(sys.argv[2].encode())
    caller.close()
"""


@contextmanager
def serving(words: list[str], said: str = "listening") -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == f"{said}\n"
            yield child
        finally:
            child.kill()


@contextmanager
def far_end() -> Iterator[str]:
    """The address of somebody who is not this host, at the end of a wire."""
    name, wire = f"t{os.getpid()}-far", f"t{os.getpid()}"
    ip("netns", "add", name)
    try:
        ip("link", "add", wire, "type", "veth", "peer", "name", "wire", "netns", name)
        ip("addr", "add", f"{NET}.1/30", "dev", wire)
        ip("link", "set", wire, "up")
        ip("-n", name, "addr", "add", f"{NET}.2/30", "dev", "wire")
        ip("-n", name, "link", "set", "wire", "up")
        with serving(["ip", "netns", "exec", name, PYTHON, "-c", LISTENER, "8080", "outside"]):
            yield f"{NET}.2"
    finally:
        subprocess.run(["ip", "link", "del", wire], check=False)  # with its namespace it would go a little later
        ip("netns", "del", name)


@contextmanager
def served_everywhere() -> Iterator[int]:
    """A port that this host serves at all of its addresses, with the words `this host`."""
    with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                with caller:
                    caller.sendall(b"this host")

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def make_manifest(networks: Networks, services: dict[str, Service]) -> Manifest:
    """Of a lab whose one network these are."""
    outside = Zone("anybody", "198.51.100.10", "2001:db8:51::10", serves=(80,))
    drawn = {"ext": Network("198.51.100.1/24", {networks.outside: outside}, "2001:db8:51::1/64")}
    return Manifest(1, "A lab", "One line.", ("debian-13",), (), networks=drawn, services=services)
