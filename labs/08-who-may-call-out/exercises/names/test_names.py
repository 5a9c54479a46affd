import json
from typing import Any

from provisioner.checks import CannotTell, Net, NotYet, blocked, reaches, strangers, survives

# Real questions over UDP, asked in the machine's network and in the worker's: payments.example, and its address. All servers
# are asked at once, and those that are silent once more: most of them have to be.
ASK = r"""
import json, pathlib, select, socket, subprocess, sys, time
if sys.argv[1:]:
    question = b"\x4c\x41\1\0\0\1\0\0\0\0\0\0\x08payments\x07example\0\0\1\0\1"
    said, waiting = dict.fromkeys(sys.argv[1:], False), {}
    for server in said:
        waiting[socket.socket(socket.AF_INET6 if ":" in server else socket.AF_INET, socket.SOCK_DGRAM)] = server
    for _ in range(2):
        for one, server in waiting.items():
            try:
                one.sendto(question, (server, 53))
            except OSError:
                pass
        until = time.monotonic() + 1.5
        while waiting and (left := until - time.monotonic()) > 0:
            for one in select.select(waiting, [], [], left)[0]:
                try:
                    answer, address = one.recvfrom(512)
                except OSError:
                    continue
                if answer[:2] == question[:2] and address[:2] == (waiting[one], 53):
                    said[waiting.pop(one)] = answer.endswith(socket.inet_aton("198.51.100.30"))
    print(json.dumps(said))
else:
    inspect = ["/usr/bin/docker", "inspect", "--format", "{{.State.Pid}}", "worker"]
    worker = subprocess.run(inspect, capture_output=True, text=True).stdout.strip() or "0"
    servers = ["198.51.100.53", "2001:db8:51::53", "198.51.100.66", "2001:db8:51::66", "198.51.100.10", "2001:db8:51::10"]
    me = ["/usr/bin/python3", "-I", "-c", pathlib.Path("/proc/self/cmdline").read_text().split("\0")[3]]
    enter = ["/usr/bin/nsenter", "--target", worker, "--net"]
    asked, found = {}, {}
    for who, where, whom in (("machine", [], servers), ("worker", enter, ["127.0.0.11", *servers])):
        asked[who] = subprocess.Popen([*where, *me, *whom], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for who, one in asked.items():
        said = one.communicate()[0]
        found[who] = json.loads(said) if one.returncode == 0 else None
    print(json.dumps(found))
"""
RESOLVER = ("198.51.100.53", "2001:db8:51::53")
NEIGHBOURS, CLOUD = strangers("ext", beside="resolver"), strangers("cloud")
OTHERS = (f"{NEIGHBOURS}:53", f"{NEIGHBOURS}:53/udp", f"{CLOUD}:53/udp", "dropbox:53", "outside:53")  # who may run a server
LIST = (
    "dropbox:443", "payments:80", "payments:any/udp", "resolver:any", "resolver:any/udp", "resolver:ping",
    f"{strangers('ext')}:any", f"{strangers('ext')}:any/udp", f"{strangers('ext', beside='payments')}:443",
)  # fmt: skip


@survives("restart of Docker", "compose down and up")
def test_the_worker_asks_one_name_server(host: Any, net: Net) -> None:
    net.expect(
        reaches("container:worker", "resolver:53", families=(4, 6)),
        reaches("container:worker", "payments:443", families=(4, 6)),
        *(blocked("container:worker", target, families=(4, 6)) for target in (*OTHERS, *LIST)),
        *(reaches("machine", target, families=(4, 6)) for target in (*OTHERS, *LIST)),
        reaches("machine", "container:worker:80"),
        *(reaches("container:shop", target, families=(4, 6)) for target in ("dropbox:53", f"{NEIGHBOURS}:53/udp")),
    )
    seen = json.loads(host.check_output("/usr/bin/python3 -I -c %s", ASK))
    if seen["worker"] is None:
        raise NotYet(["the container worker does not run"])
    if silent := [server for server, answered in (seen["machine"] or {"every name server": False}).items() if not answered]:
        raise CannotTell(f"not even the machine gets an answer over UDP from {', '.join(silent)}")
    lines = [f"over UDP the worker gets no answer from {s}" for s in RESOLVER if not seen["worker"][s]]
    if not seen["worker"]["127.0.0.11"]:
        lines.append("in the worker payments.example has no address")
    strangers = [s for s in seen["worker"] if s not in (*RESOLVER, "127.0.0.11") and seen["worker"][s]]
    lines += [f"over UDP the worker gets an answer from {s}, which is not the company's name server" for s in strangers]
    if lines:
        raise NotYet(lines)
