"""Builds a Debian image from the distribution's packages: no other host, no boot loader, no root needed.

mmdebstrap unpacks the system, mkfs.ext4 turns the folder into a disk (no mounts, no loop devices), and QEMU boots
the kernel directly.
"""

import hashlib
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from provisioner.core import process
from provisioner.core.errors import HostError
from provisioner.core.files import sparse_copy
from provisioner.core.paths import PACKAGE
from provisioner.core.progress import Step
from provisioner.core.umask import PUBLIC
from provisioner.core.users import is_root

GUEST_FILES = PACKAGE / "guest" / "rootfs"
RECIPE = 2  # raise it when this file builds something else from the same inputs

PACKAGES = (
    "linux-image-cloud-{arch}", "initramfs-tools", "systemd-sysv", "systemd-resolved", "dbus", "udev", "kmod", "zstd",
    "libpam-systemd", "openssh-server", "sudo", "python3", "python3-apt", "iproute2", "iputils-ping", "procps",
    "psmisc", "less", "nano", "curl", "ca-certificates", "busybox-static", "nftables", "iptables", "ufw", "conntrack",
    "netcat-openbsd", "tcpdump", "cpio",
)  # fmt: skip

CUSTOMIZE = r"""
set -eu
root=$1
cp -R --no-preserve=ownership GUEST/. "$root/"
chmod 755 "$root"/usr/local/lib/lab/*
in_root() { chroot "$root" "$@"; }
in_root useradd -m -s /bin/bash -p '*' learner
printf 'learner ALL=(ALL) NOPASSWD:ALL\n' >"$root/etc/sudoers.d/learner"; chmod 440 "$root/etc/sudoers.d/learner"
echo lab >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 lab\n::1 localhost ip6-localhost\n' >"$root/etc/hosts"
printf '/dev/vda / ext4 noatime,noinit_itable 0 1\n' >"$root/etc/fstab"
printf 'blacklist pcspkr\nblacklist kvm_intel\nblacklist kvm_amd\nblacklist floppy\n' >"$root/etc/modprobe.d/lab.conf"
: >"$root/etc/machine-id"
rm -f "$root"/etc/ssh/ssh_host_*
in_root systemctl -q enable systemd-networkd systemd-resolved ssh
in_root systemctl -q enable lab-agent lab-mgmt-net lab-mgmt.socket lab-hostkey lab-tune-emulation
in_root systemctl -q disable nftables || : # ufw stays as its package has it: enabled, and told to do nothing
in_root systemctl -q mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
    dpkg-db-backup.timer systemd-networkd-wait-online.service systemd-pcrphase.service getty@tty1.service \
    serial-getty@ttyS0.service console-getty.service systemd-binfmt.service systemd-pstore.service \
    systemd-networkd-persistent-storage.service modprobe@efi_pstore.service modprobe@drm.service apparmor.service \
    dev-hugepages.mount dev-mqueue.mount \
    sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
    modprobe@configfs.service modprobe@fuse.service systemd-network-generator.service systemd-udev-load-credentials.service
# apparmor.service: its hundred profiles are for desktops. Docker loads its own by itself.
# Programs that ask at each boot for what no machine of ours has: a partition table, a TPM, a hibernated kernel.
mkdir -p "$root/etc/systemd/system-generators"
for name in debug gpt-auto hibernate-resume run ssh system-update tpm2; do
    ln -s /dev/null "$root/etc/systemd/system-generators/systemd-$name-generator"
done
# What a first boot would do for /usr, whose files it has not seen: caches of libraries and of the journal's messages.
in_root ldconfig
in_root journalctl --update-catalog
in_root /usr/lib/systemd/systemd-update-done
# Devices that are there at boot: those that the machine is made of, not the hundreds that the kernel lists.
mkdir -p "$root/etc/systemd/system/systemd-udev-trigger.service.d"
printf '[Service]\nExecStart=\nExecStart=-udevadm trigger --action=add%s\n' "$(printf ' --subsystem-match=%s' \
    acpi block net pci tty virtio virtio-ports)" >"$root/etc/systemd/system/systemd-udev-trigger.service.d/lab.conf"
mkdir -p "$root/etc/systemd/resolved.conf.d" # names of neighbours, as on Ubuntu: asking for them takes seconds
printf '[Resolve]\nLLMNR=no\n' >"$root/etc/systemd/resolved.conf.d/lab.conf"
ln -sf /run/systemd/resolve/stub-resolv.conf "$root/etc/resolv.conf"

# A RAM disk of a shell and what the disk needs. The distribution's starts udev and thirty scripts, at each boot.
version=$(ls "$root/lib/modules")
first="$root/boot/first"
mkdir -p "$first/bin" "$first/dev" "$first/root" "$first/modules"
cp "$root/usr/local/lib/lab/initramfs-init" "$first/init"
cp "$root/bin/busybox" "$first/bin/"
for name in virtio_pci virtio_blk crc32c_generic ext4; do in_root modprobe -S "$version" --show-depends "$name" || :; done |
    sed -n 's/^insmod //p' | awk '!seen[$1]++ {print NR + 100, $1}' | while read -r number file; do
    into="$first/modules/$number-$(basename "$file" | sed 's/[.]ko.*/.ko/')"
    case $file in
    *.xz) in_root busybox xzcat "$file" >"$into" ;;
    *.zst) in_root zstd -dcq "$file" >"$into" ;;
    *) cp "$root$file" "$into" ;;
    esac
done
(cd "$first" && find . | chroot "$root" sh -c 'cd /boot/first && cpio --quiet -o -H newc -R 0:0') >"$root/boot/initrd"
rm -rf "$first"
""".strip()


@dataclass(frozen=True)
class Debian:
    """A release of Debian, and how its packages name this processor."""

    release: str
    arch: str

    @property
    def packages(self) -> list[str]:
        return [p.format(arch=self.arch) for p in PACKAGES]


# In front of what mounts things on the host as root: however we end, it ends with us, and its mounts with it.
TIED = (
    ("setpriv", "--pdeathsig", "KILL", "--", "unshare", "--mount-proc", "--pid", "--fork", "--kill-child", "--")
    if is_root() else ()
)  # fmt: skip


def digest(debian: Debian) -> str:
    """The hash of everything of ours that makes the image; a changed recipe is a new image."""
    seed = hashlib.sha256(f"{RECIPE} {debian} {PACKAGES} {CUSTOMIZE}".encode())
    for file in sorted(p for p in GUEST_FILES.rglob("*") if p.is_file()):
        seed.update(file.relative_to(GUEST_FILES).as_posix().encode() + b"\0" + file.read_bytes())
    return seed.hexdigest()


def can_build() -> str:
    """Empty where this host can build, else the reason why not."""
    needed = ["mmdebstrap", "mkfs.ext4", *(["newuidmap"] if as_root() else [])]
    missing = [p for p in needed if not _find_program(p)]
    return f"{', '.join(missing)} not installed" if missing else ""


def _find_program(program: str) -> str | None:
    return shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


def build(debian: Debian, folder: Path, disk_gib: int, step: Step) -> None:
    """Fills folder with disk.raw, vmlinuz and initrd. Takes about a minute. Raises HostError, CommandFailed."""
    if reason := can_build():
        raise HostError(
            f"cannot build debian {debian.release} here: {reason}",
            hint="sudo apt-get install -y mmdebstrap e2fsprogs uidmap",
        )
    with _workshop(folder) as shop:
        root = shop / "root"
        log = folder.with_name(f"{folder.name}.log")
        _unpack(debian, shop, root, step, log)
        log.unlink(missing_ok=True)  # kept where it tells why
        step.detail("making the disk")
        for name, pattern in (("vmlinuz", "vmlinuz-*"), ("initrd", "initrd")):
            shutil.copy(sorted((root / "boot").glob(pattern))[-1], folder / name)
        sparse_copy(make_disk(root, shop, disk_gib << 30), folder / "disk.raw")


def make_disk(root: Path, shop: Path, size: int) -> Path:
    """A file of so many bytes in the folder shop, which we may read. Who owns what is in root makes it (the namespace's root)
    in a folder that is his alone until it is done: whatever of ours he may write to, every user of this host may."""
    common = shop / "disk"
    common.mkdir()
    common.chmod(0o1777 if as_root() else 0o700)
    disk = common / "private" / "disk.raw"
    process.run([*as_root(), "sh", "-c", _MAKE, str(disk), str(size), *file_system(root, disk)], hint="is the disk full?")
    return disk


# Arguments: the file, its size, the command that makes a file system in it.
_MAKE = """
set -eu
umask 077
private=${0%/*}
mkdir "$private"
truncate --size="$1" "$0"
shift
"$@"
chmod 644 "$0"
chmod 755 "$private"
"""


def file_system(root: Path, disk: Path) -> list[str]:
    """The command that makes one with what is in a folder. disk: a file of the wanted size."""
    # The guest never zeroes the inode tables in the background (noinit_itable): every seat's overlay would grow.
    options = ["-q", "-F", "-L", "lab", "-E", "lazy_itable_init=1,root_owner=0:0", "-d", str(root)]
    return [_find_program("mkfs.ext4") or "mkfs.ext4", *options, str(disk)]


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """Where the system is unpacked. When we are not root its files belong to subordinate users, who may enter neither
    the cache nor a private home (where the checkout may be): then it is a folder of the system's temporary one."""
    shop = Path(tempfile.mkdtemp(prefix="lab-image-", dir=None if as_root() else folder))
    try:
        shop.chmod(0o755)
        shutil.copytree(GUEST_FILES, shop / "guest")
        yield shop
    finally:
        process.run([*as_root(), "rm", "-rf", str(shop)], check=False)  # what is in it is not ours,
        shutil.rmtree(shop, ignore_errors=True)  # and the folder itself is


def _unpack(debian: Debian, shop: Path, root: Path, step: Step, log: Path) -> None:
    hook = shop / "customize.sh"
    hook.write_text(CUSTOMIZE.replace("GUEST", shlex.quote(str(shop / "guest"))))
    hook.chmod(0o644)  # for the namespace's root, as all that is in the workshop
    command = [
        *TIED, "mmdebstrap", "--variant=minbase", "--mode=root" if is_root() else "--mode=unshare",
        f"--architectures={debian.arch}", f"--include={','.join(debian.packages)}",
        "--aptopt=Acquire::Languages \"none\"", "--aptopt=APT::Install-Recommends \"false\"",
        "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--dpkgopt=path-exclude=/etc/kernel/postinst.d/initramfs-tools",  # we make our own
        f"--customize-hook=sh {shlex.quote(str(hook))} \"$1\"",
        "--skip=cleanup/apt/lists",  # the guest installs Docker next, and need not fetch the lists again
        debian.release, str(root),
    ]  # fmt: skip

    def watch(line: str) -> None:
        if line.startswith("I: "):
            step.detail(line[3:])

    # What it puts into the temporary folder goes with the shop, however it ends; a subordinate root may not write there.
    env = {} if as_root() else {"TMPDIR": str(shop)}
    hint = f"are Debian's packages reachable (sudo apt-get update)? The log: {log}"
    process.stream(command, watch, log=log, env=env, hint=hint, umask=PUBLIC)


def as_root() -> list[str]:
    """What a command needs in front of it to own the image's files, when we are not root ourselves: the very name space
    in which mmdebstrap made them. In another one they belong to others, and so they would in the image."""
    return [] if sys.platform == "win32" or is_root() else ["mmdebstrap", "--unshare-helper"]
