"""Vagrant boxes of images that were built here: with them no Vagrant Cloud is needed. For the provider libvirt, which
boots the box's kernel directly."""

import shutil
import tarfile
from pathlib import Path

from provisioner.backends.qemu.arguments import Kernel
from provisioner.core import process
from provisioner.core.errors import HostError
from provisioner.core.files import sparse_copy
from provisioner.core.paths import private_folder
from provisioner.images import Image

KEY = "vagrant_private_key"  # the name that `vagrant package` gives it
_SETTINGS = """\
Vagrant.configure("2") do |config|
  here = File.dirname(__FILE__)
  config.ssh.username = "root"
  config.ssh.private_key_path = File.join(here, "{key}")
  config.ssh.insert_key = false
  config.vm.provider :libvirt do |v|
    v.kernel = File.join(here, "vmlinuz")
    v.initrd = File.join(here, "initrd")
    v.cmd_line = "{append}"
  end
end
"""


def make(image: Image, workshop: Path) -> Path:
    """A box of a built image, in the folder workshop (made, if need be). Its key is its own. Raises HostError."""
    if image.kernel is None:
        raise HostError(
            f"the image {image.name} has a boot loader of its own", hint="on Debian and Ubuntu: lab image box debian-13"
        )
    private_folder(workshop)
    key, disk = workshop / KEY, workshop / "disk.raw"
    key.unlink(missing_ok=True)
    process.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab-box", "-f", str(key)])
    sparse_copy(image.disk, disk)
    _admit(disk, key.with_suffix(".pub"))
    process.run(["qemu-img", "convert", "-O", "qcow2", str(disk), str(workshop / "box.img")], hint="is the disk full?")
    disk.unlink()
    return pack(image.kernel, image.initrd, workshop)


def pack(kernel: Path, initrd: Path, workshop: Path) -> Path:
    """A box of the disk and the key that lie in the workshop (box.img, vagrant_private_key)."""
    shutil.copy(kernel, workshop / "vmlinuz")
    shutil.copy(initrd, workshop / "initrd")
    append = Kernel(kernel, initrd).append
    (workshop / "Vagrantfile").write_text(_SETTINGS.format(key=KEY, append=append))
    (workshop / "metadata.json").write_text(f'{{"provider": "libvirt", "format": "qcow2", "virtual_size": {_gib(workshop)}}}\n')
    box = workshop / "lab.box"
    with tarfile.open(box, "w") as tar:
        for name in ("metadata.json", "Vagrantfile", KEY, "vmlinuz", "initrd", "box.img"):
            tar.add(workshop / name, name)
    return box


def _gib(workshop: Path) -> int:
    import json

    info = process.run(["qemu-img", "info", "--output=json", str(workshop / "box.img")]).out
    return -(-int(json.loads(info)["virtual-size"]) >> 30)


def _admit(disk: Path, public: Path) -> None:
    """Writes the key into the disk's root account, without mounting it and without being root."""
    folder, file = "/root/.ssh", "/root/.ssh/authorized_keys"
    script = disk.with_suffix(".debugfs")
    script.write_text(
        f"mkdir {folder}\nsif {folder} mode 040700\nwrite {public} {file}\nsif {file} mode 0100600\n"
        f"sif {folder} uid 0\nsif {folder} gid 0\nsif {file} uid 0\nsif {file} gid 0\n"
    )
    process.run(["/usr/sbin/debugfs", "-w", "-f", str(script), str(disk)], hint="sudo apt-get install e2fsprogs")
    if "Mode:  0600" not in process.run(["/usr/sbin/debugfs", "-R", f"stat {file}", str(disk)]).out:
        raise HostError("the box's key could not be written into its disk")
    script.unlink()
