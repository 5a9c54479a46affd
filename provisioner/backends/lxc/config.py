"""What LXC is told about a machine, and the shell that starts it: texts from small pure functions."""

import os
import shlex
from collections.abc import Iterable
from pathlib import Path

from provisioner.backends.lxc import rootfs

NAME = "lab"
CONSOLE = 64 << 10  # bytes of the console's file; beyond it goes on in a new one, and one old one is kept
# Everything that a machine holds ends with the one process that the host sees: mounts and processes of its own.
ENTER = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--")
# The time, the kernel's modules and its other settings are the host's. (In a user namespace most of these give nothing.)
_DROPPED = (
    "sys_time sys_module sys_rawio sys_pacct mac_admin mac_override syslog wake_alarm block_suspend"
    " dac_read_search linux_immutable audit_control audit_read"
)
PROCESSES = 2048  # of a machine, threads counted: Docker and a lab take 300
# Those that LXC gives to a machine, by kind and number: null, zero, full, tty, random, urandom, ptmx, terminals; tun. Making
# a file of any kind is not using one.
_DEVICES = ("c *:* m", "b *:* m", "c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:1 rwm",
            "c 5:2 rwm", "c 136:* rwm", "c 10:200 rwm")  # fmt: skip
# As a kernel of its own begins; a namespace begins with what the host has now. Docker forbids what it does not publish only
# where nothing was forwarded before.
_SYSCTLS = {
    "net.ipv4.ip_forward": 0, "net.ipv4.conf.all.route_localnet": 0, "net.ipv4.conf.default.route_localnet": 0,
    "net.ipv4.conf.all.rp_filter": 0, "net.ipv4.conf.all.accept_local": 0,
}  # fmt: skip
# Debian's service manager wants to be asked twice where the host keeps control groups of the first kind.
_FIRST_KIND = "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"


def config(folder: Path, hook: list[str], *, memory: int, unified: bool, groups: str, base: int) -> str:
    """memory in MiB. unified: whether the host keeps control groups of the second kind only. groups: their folder.
    base: the number that the machine's root has on the host."""
    kind = "cgroup2" if unified else "cgroup"
    limit = f"lxc.cgroup2.memory.max = {memory}M" if unified else f"lxc.cgroup.memory.limit_in_bytes = {memory}M"
    run = shlex.join(["sh", "-c", 'exec "$0" "$@"', *hook])  # a value that begins with a quotation mark would lose it
    return f"""\
lxc.uts.name = lab
lxc.rootfs.path = dir:{rootfs.ROOT}
lxc.init.cmd = /sbin/init{"" if unified else f" {_FIRST_KIND}"}
lxc.idmap = u 0 {base} {rootfs.USERS}
lxc.idmap = g 0 {base} {rootfs.USERS}
lxc.mount.auto = proc:mixed sys:mixed cgroup:rw:force
lxc.mount.entry = proc dev/.lxc/proc proc create=dir 0 0
lxc.mount.entry = sysfs dev/.lxc/sys sysfs create=dir 0 0
lxc.mount.entry = {rootfs.HALL}/boot_id proc/sys/kernel/random/boot_id none bind,ro 0 0
lxc.net.0.type = empty
{_settings()}
lxc.hook.pre-start = {run}
lxc.hook.start-host = {run}
lxc.cap.drop = {_DROPPED}
lxc.apparmor.profile = unconfined
lxc.cgroup.dir = {groups}
{limit}
lxc.{kind}.pids.max = {PROCESSES}
{_devices(kind)}
lxc.autodev = 1
lxc.tty.max = 0
lxc.pty.max = 1024
lxc.console.logfile = {folder}/console.log
lxc.console.size = {CONSOLE}
lxc.console.rotate = 1
"""


def lowerdir(parts: Iterable[Path], folder: Path) -> str:
    """For overlayfs, mounted from inside a folder: layers as they are called from there have plain names, where a comma or a
    colon above both would be read as the end of one."""
    return "lowerdir=" + ":".join(os.path.relpath(part.resolve(), folder.resolve()).replace(":", "\\:") for part in parts)


def _devices(kind: str) -> str:
    return "\n".join([f"lxc.{kind}.devices.deny = a", *(f"lxc.{kind}.devices.allow = {device}" for device in _DEVICES)])


def _settings() -> str:
    return "\n".join(f"lxc.sysctl.{name} = {value}" for name, value in _SYSCTLS.items())


def machine(folder: Path, program: list[str], *, groups: str) -> str:
    """The script of the process that the host sees. program: what makes the root. groups: their folder, which is also what
    LXC knows the machine by."""
    return f"""\
set -eu
cd {shlex.quote(str(folder))}
rm -rf work
mkdir work
{shlex.join(program)}
for program in newuidmap newgidmap; do # they ask for an entry in /etc/subuid; without them root does it itself
    if path=$(command -v $program); then mount --bind /dev/null "$path"; fi
done
lxc-start --foreground --name {NAME} --lxcpath {rootfs.HALL}/{groups} --rcfile {shlex.quote(f"{folder}/config")} \\
    --logfile {shlex.quote(f"{folder}/lxc.log")} --logpriority WARN
"""
