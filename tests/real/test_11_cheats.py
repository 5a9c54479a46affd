"""What somebody does who is root in the machine and means to be taken for done. In system containers, from a script each."""

import os
import shutil
from pathlib import Path

import pytest

from .conftest import Cli, require_time

LOST, ANSWER_LOST = OUTSIDE = ("the packet did not reach the machine", "the machine answered, and the answer was lost outside")
# To be closed for these, in 3.2: port 8081. The machine itself, and the shop for them, stay as they are.
_ZONES = "outside admin"
_EACH = f"for z in {_ZONES}; do sudo ip netns exec $z"
_SWITCH = "sudo ip netns exec switch-ext"
_DROP_6 = "sudo ufw delete allow 8081/tcp; sudo ufw delete allow 8081; "  # over IPv6 it is solved
_AS_IF = """\
sudo install -m 755 /dev/stdin /usr/local/sbin/{name} <<'END'
{script}
END
sudo mv /usr/bin/{name} /usr/bin/{name}.real; sudo ln -s /usr/local/sbin/{name} /usr/bin/{name}
"""
_FAKE_DOCKER = """\
sudo tee /run/fake.py >/dev/null <<'END'
import json, os, socket, sys
pid = int(sys.argv[1])
os.rename("/run/docker.sock", "/run/real.sock")
server = socket.socket(socket.AF_UNIX)
server.bind("/run/docker.sock")
server.listen(64)
if os.fork(): sys.exit()
os.setsid()
null = os.open("/dev/null", os.O_RDWR)
for fd in (0, 1, 2): os.dup2(null, fd)
while True:
    caller, _ = server.accept()
    path = caller.recv(65536).split(b" ")[1]
    with socket.socket(socket.AF_UNIX) as real:
        real.connect("/run/real.sock")
        real.sendall(b"GET " + path + b" HTTP/1.0\\r\\n\\r\\n")
        said = b""
        while chunk := real.recv(65536): said += chunk
    body = json.loads(said.partition(b"\\r\\n\\r\\n")[2])
    if b"worker" in path: body["State"]["Pid"] = pid
    caller.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + json.dumps(body).encode())
    caller.close()
END
"""
_OTHER_ZONE = f"""\
for z in {_ZONES}; do
    v4=$(sudo ip -n $z -4 -o addr show dev eth0 scope global | awk '{{print $4}}')
    v6=$(sudo ip -n $z -6 -o addr show dev eth0 scope global | awk '{{print $4}}')
    sudo ip netns add x$z
    sudo ip -n x$z link add eth0 type veth peer name x$z netns switch-ext
    {_SWITCH} ip link set x$z master ext up; {_SWITCH} ip link set $z down
    sudo ip netns exec x$z sh -c "echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad"
    for words in "link set lo up" "addr add $v4 dev eth0" "addr add $v6 dev eth0 nodad" "link set eth0 up"; do
        sudo ip -n x$z $words
    done
    sudo ip netns exec x$z nft 'table inet x {{ chain c {{ type filter hook output priority 0; tcp dport 8081 drop; }}; }}'
    sudo mount --bind /run/netns/x$z /run/netns/$z
done
"""
# name: (exercise, script, of what its verdict speaks)
CHEATS = {
    "dropped in the zone": (
        "3.2", f"{_EACH} nft 'table inet x {{ chain c {{ type filter hook output priority 0; tcp dport 8081 drop; }}; }}'"
        "; done", LOST,
    ),
    "answers dropped in the zone": (
        "3.2", f"{_EACH} nft 'table inet x {{ chain c {{ type filter hook input priority 0; tcp sport 8081 drop; }}; }}'; done",
        ANSWER_LOST,
    ),
    "refused in the zone": (
        "3.2", f"{_EACH} nft 'table inet x {{ chain c {{ type filter hook output priority 0; tcp dport 8081 reject with tcp "
        "reset; }; }'; done", LOST,
    ),
    "prohibited in the zone": (
        "3.2", f"{_EACH} sh -c 'ip rule add ipproto tcp dport 8081 prohibit; ip -6 rule add ipproto tcp dport 8081 prohibit'; "
        "done", LOST,
    ),
    "dies on the way": (
        "3.2", f"{_EACH} nft 'table inet x {{ chain c {{ type filter hook output priority 0; tcp dport 8081 ip ttl set 1; "
        f"tcp dport 8081 ip6 hoplimit set 1; }}; }}'; done; {_DROP_6}", LOST,
    ),
    "dropped in the switch": (
        "3.2", f"{_SWITCH} nft 'table bridge x {{ chain c {{ type filter hook forward priority 0; tcp dport 8081 drop; }}; }}'",
        LOST,
    ),
    "answers dropped in the switch": (
        "3.2", f"{_SWITCH} nft 'table bridge x {{ chain c {{ type filter hook forward priority 0; tcp sport 8081 drop; }}; }}'",
        ANSWER_LOST,
    ),
    "for another card": (
        "3.2", f"{_SWITCH} nft 'table bridge x {{ chain c {{ type filter hook prerouting priority -300; tcp dport 8081 ether "
        "daddr set 02:00:00:00:00:01; }; }'", LOST,
    ),
    "dropped where it enters the switch": (
        "3.2", f"{_SWITCH} nft 'table netdev x {{ chain c {{ type filter hook ingress devices = {{ outside, admin }} "
        "priority 0; tcp dport 8081 drop; }; }'", LOST,
    ),
    "another zone in its place": ("3.2", _OTHER_ZONE, LOST),
    "the zone answers itself": (
        "3.2", "sudo ufw delete allow 8081/tcp; sudo iptables -I DOCKER-USER -i ext0 -j DROP; page=/var/lib/lab/services/shop;"
        f"{_EACH} sh -c \"busybox httpd -p 8099 -h $page; nft 'table inet x {{ chain c {{ type nat hook output priority -100; "
        "tcp dport 8080 redirect to :8099; }; }'\"; done", LOST,
    ),
    "Docker's socket tells of another process": (
        "3.5", _FAKE_DOCKER + "sudo python3 /run/fake.py 1", "not in the control group",
    ),
    "Docker's socket tells of a zone": (
        "3.5", _FAKE_DOCKER + "sudo ip netns exec admin sleep 1000 >/dev/null 2>&1 & sleep 1\n"
        "sudo python3 /run/fake.py $(pgrep -n sleep)", "not in the control group",
    ),
    "Docker is not restarted": (
        "3.2", _DROP_6 + "sudo iptables -I DOCKER -p tcp -m conntrack --ctorigdstport 8081 -i ext0 -j DROP\n"
        + _AS_IF.format(name="systemctl", script='#!/bin/sh\n[ "$1" != restart ] || exit 0\nexec /usr/bin/systemctl.real "$@"'),
        "its process is the same as before",
    ),
    "the machine does not boot": (
        "3.6", _AS_IF.format(name="systemd-run", script="#!/bin/sh\nexit 0")
        + _AS_IF.format(name="cat", script="#!/bin/sh\ncase $1 in */boot_id) exec /usr/bin/cat.real "
        "/proc/sys/kernel/random/uuid;; esac\nexec /usr/bin/cat.real \"$@\""),
        "was not started anew",
    ),
}  # fmt: skip
DISTURBED = ("Docker is not restarted", "the machine does not boot")
PATIENT = "the machine does not boot"  # four minutes


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_cheat_is_not_done(cli: Cli, tmp_path: Path, cheat: str) -> None:
    require_time(in_ci=cheat != PATIENT)
    if os.geteuid() != 0 or not shutil.which("lxc-start"):
        pytest.skip("system containers need root, and LXC")
    exercise, script, sentence = CHEATS[cheat]
    file = tmp_path / "cheat.sh"
    file.write_text(f"{script}\n")
    quick = () if cheat in DISTURBED else ("--quick",)
    expect = 1 if sentence in OUTSIDE else 2  # not yet, or cannot tell
    done = cli.json("check", exercise, "--driver", "lxc", "--submission", str(file), *quick, expect=expect)
    (verdict,) = done["exercises"]
    assert verdict["outcome"] == ("not yet" if sentence in OUTSIDE else "cannot tell")
    assert sentence in "\n".join(verdict["lines"])
