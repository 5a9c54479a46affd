"""A running system container that goes back to where it stood: what it undoes, and what it must not take for undone."""

import os
import shutil
from collections.abc import Iterator

import pytest

from provisioner.backends.lxc import container, rewind
from provisioner.core.paths import Home
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

from .conftest import Cli, require_time

UNDONE = [
    "iptables -I DOCKER-USER -p tcp --dport 80 -j DROP",
    "iptables -P INPUT ACCEPT; iptables -F INPUT",
    "ip6tables -t mangle -A PREROUTING -p tcp --dport 8080 -m limit --limit 1/minute -j DROP",
    "nft add table inet mine; nft 'add chain inet mine early { type filter hook prerouting priority -150; policy drop; }'",
    "nft flush ruleset",
    "ufw allow 9100/tcp",
    "ufw --force disable",
    "cd /proc/sys/net; echo 1 | tee ipv[46]/conf/all/accept_redirects ipv4/icmp_echo_ignore_all ipv4/conf/default/log_martians",
    "chmod 600 /etc/ufw/ufw.conf; chown learner /etc/ufw",
    "rm /etc/ufw/user.rules",
    "rm -r /etc/ufw; mkdir /etc/ufw; touch /etc/ufw/mine",
    "mv /etc/nftables.conf /root/mine; printf 'flush ruleset\n' >/etc/nftables.conf; echo >>/home/learner/.bashrc",
    "mkdir -p '/opt/it''s here'; date >'/opt/it''s here/a b'; ln -s /etc/passwd /opt/link",
    r"cd /usr/local/sbin; printf '#!/bin/sh\nexit 0\n' | tee iptables iptables-restore nft rm tar; chmod 755 *",
]
_IN_ONE = "nsenter --net --target $(docker inspect --format '{{.State.Pid}}' $(docker ps --quiet | head -1))"
# Each with what makes good for it, so that the next one finds what this one found.
NOT_UNDONE = [
    ("sleep 1000 >/dev/null 2>&1 & echo $! >/var/log/pid", "kill $(cat /var/log/pid); sleep 0.3"),
    ("docker stop --time 0 $(docker ps --quiet | head -1)", None),
    ("docker volume create mine", None),
    ("systemctl stop systemd-logind", None),
    ("echo 'ClientAliveInterval 99' >>/etc/ssh/sshd_config; systemctl reload ssh", None),
    ("systemctl set-property docker.service CPUWeight=50", None),
    ("rm -r /etc/apt; mkdir /etc/apt", None),
    ("hostname mine", "hostname lab"),
    ("sysctl -w net.ipv4.ip_forward=0", "sysctl -w net.ipv4.ip_forward=1"),
    ("sysctl -w net.ipv4.conf.ext0.rp_filter=1", "sysctl -w net.ipv4.conf.ext0.rp_filter=0"),
    ("ip route add blackhole 203.0.113.0/24", "ip route del blackhole 203.0.113.0/24"),
    ("ip rule add from 198.51.100.9 prohibit", "ip rule del from 198.51.100.9 prohibit"),
    ("ip address add 198.51.100.2/24 dev ext0", "ip address del 198.51.100.2/24 dev ext0"),
    ("tc qdisc add dev ext0 root pfifo limit 1", "tc qdisc del dev ext0 root"),
    ("mount -t tmpfs mine /mnt", "umount /mnt"),
    ("date >/run/mine", "rm /run/mine"),
    ("date >/tmp/mine", "rm /tmp/mine"),
    ("ip netns exec outside iptables -A OUTPUT -p tcp --dport 80 -j DROP", "ip netns exec outside nft flush ruleset"),
    ("ip netns exec outside tc qdisc add dev eth0 root pfifo limit 1", "ip netns exec outside tc qdisc del dev eth0 root"),
    (f"{_IN_ONE} ip link set eth0 mtu 1400", f"{_IN_ONE} ip link set eth0 mtu 1500"),
]  # fmt: skip


@pytest.fixture(scope="module")
def seat(cli: Cli, home: Home) -> Iterator[Seat]:
    require_time(in_ci=True)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip("system containers need root, and Debian's packages")
    cli.run("up", "6", "--driver", "lxc")
    yield Seat(home.seats / "6")
    cli.run("destroy", "6")


def _do(seat: Seat, script: str) -> None:
    ssh.run(seat, "sh", "-e", input=script + "\n")


def _seen(seat: Seat) -> str:
    """By other means than the machine's own going back: files with their content, and rules without counters."""
    return container.guest_command(seat, r"""
        find /etc /usr/local /opt /root /home -xdev -type f -exec sha256sum {} + | sort
        find /etc /usr/local /opt /root /home -xdev -printf '%p %y %m %u %g %l\n' | sort
        iptables-save | sed 's/ \[.*\]$//; /^#/d'; ip6tables-save | sed 's/ \[.*\]$//; /^#/d'
        nft --stateless list tables | sort; sysctl --all --pattern 'redirects|martians|icmp_' 2>&1""").out  # fmt: skip


@pytest.mark.parametrize("script", UNDONE)
def test_undone(seat: Seat, script: str) -> None:
    ssh.run(seat, "true")
    before, stood = _seen(seat), rewind.mark(seat)
    for _ in range(2):  # back where it has been once already
        _do(seat, script)
        assert _seen(seat) != before
        assert rewind.back(seat, stood)
        assert _seen(seat) == before


@pytest.mark.parametrize(("script", "good"), NOT_UNDONE)
def test_not_taken_for_undone(cli: Cli, seat: Seat, script: str, good: str | None) -> None:
    ssh.run(seat, "true")
    stood = rewind.mark(seat)
    assert rewind.back(seat, stood)
    _do(seat, script)
    assert not rewind.back(seat, stood)
    if good:
        _do(seat, good)
        assert rewind.back(seat, stood)
    else:
        cli.run("reset", "6")
