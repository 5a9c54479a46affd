"""What LXC is told about a machine, and the shell that starts it: texts from small pure functions."""

import shlex
from pathlib import Path

NAME = "lab"
# Everything that a machine holds ends with the one process that the host sees: mounts and processes of its own.
ENTER = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--")
# The time, the kernel's modules and its other settings are the host's.
_DROPPED = "sys_time sys_module sys_rawio mac_admin mac_override syslog"
# Debian's service manager wants to be asked twice where the host keeps control groups of the first kind.
_FIRST_KIND = "SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"


def config(folder: Path, hook: list[str], *, memory: int, unified: bool, groups: str) -> str:
    """memory in MiB. unified: whether the host keeps control groups of the second kind only. groups: their folder."""
    limit = f"lxc.cgroup2.memory.max = {memory}M" if unified else f"lxc.cgroup.memory.limit_in_bytes = {memory}M"
    return f"""\
lxc.uts.name = lab
lxc.rootfs.path = dir:{folder}/root
lxc.init.cmd = /sbin/init{"" if unified else f" {_FIRST_KIND}"}
lxc.mount.auto = proc:mixed sys:mixed cgroup:rw:force
lxc.mount.entry = {folder}/docker var/lib/docker none bind,create=dir 0 0
lxc.mount.entry = {folder}/boot_id proc/sys/kernel/random/boot_id none bind,ro 0 0
lxc.net.0.type = empty
lxc.hook.pre-start = {shlex.join(hook)}
lxc.hook.start-host = {shlex.join(hook)}
lxc.cap.drop = {_DROPPED}
lxc.apparmor.profile = unconfined
lxc.cgroup.dir = {groups}
{limit}
lxc.autodev = 1
lxc.tty.max = 0
lxc.pty.max = 1024
lxc.console.logfile = {folder}/console.log
"""


def machine(folder: Path, disk: Path, below: list[Path], identity: str) -> str:
    """The script of the process that the host sees. disk: a file system in a file, the lowest of the root's parts;
    below: the folders on it, the uppermost first. identity: a script that is run in the root before it starts."""
    parts = ":".join(str(part).replace(":", "\\:") for part in (*below, folder / "image"))
    return f"""\
set -eu
cd {shlex.quote(str(folder))}
rm -rf work
mkdir work
mount -o loop,ro,noload {shlex.quote(str(disk))} image
mount -t overlay -o {shlex.quote(f"lowerdir={parts},upperdir={folder}/upper,workdir={folder}/work,volatile")} overlay root
chroot root /bin/sh -s <<'IDENTITY'
{identity}
IDENTITY
lxc-start --foreground --name {NAME} --lxcpath {shlex.quote(str(folder))} --rcfile {shlex.quote(f"{folder}/config")} \\
    --logfile {shlex.quote(f"{folder}/lxc.log")} --logpriority WARN
"""

