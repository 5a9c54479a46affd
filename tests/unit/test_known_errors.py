"""Recorded outputs of real tools, each with the name under which we know it."""

import pytest

from provisioner.core import known_errors

RECORDED = {
    "Windows uses the processor's virtualization": """\
There was an error while executing `VBoxManage`, a CLI used by Vagrant
for controlling VirtualBox. The command and stderr is shown below.

Command: ["startvm", "6a0b8133-8804-4da6-8a88-0f28b6855eef", "--type", "headless"]

Stderr: VBoxManage.exe: error: Not in a hypervisor partition (HVP=0) (VERR_NEM_NOT_AVAILABLE).
VBoxManage.exe: error: VT-x is disabled in the BIOS for all CPU modes (VERR_VMX_MSR_ALL_VMX_DISABLED)
VBoxManage.exe: error: Details: code E_FAIL (0x80004005), component ConsoleWrap, interface IConsole
""",
    "virtualization is switched off": """\
Stderr: VBoxManage: error: VT-x is not available (VERR_VMX_NO_VMX)
VBoxManage: error: Details: code NS_ERROR_FAILURE (0x80004005), component ConsoleWrap, interface IConsole
""",
    "this Vagrant does not support this VirtualBox": """\
The provider 'virtualbox' that was requested to back the machine
'lab' is reporting that it isn't usable on this system. The
reason is shown below:

Vagrant has detected that you have a version of VirtualBox installed
that is not supported by this version of Vagrant. Please install one of
the supported versions listed below to use Vagrant:
""",
    "the box is for another processor architecture": """\
Cannot run the machine because its platform architecture x86 is not supported on ARM.
Result Code: VBOX_E_PLATFORM_ARCH_NOT_SUPPORTED (0x80bb0012)
""",
    "address outside of VirtualBox's allowed ranges": """\
The IP address configured for the host-only network is not within the
allowed ranges. Please update the address used to be within the allowed
ranges and run the command again.

  Address: 10.8.8.50
  Ranges: 192.168.56.0/21
""",
    "port already in use": """\
Vagrant cannot forward the specified ports on this VM, since they
would collide with some other application that is already listening
on these ports. The forwarded port to 8080 is already in use
on the host machine.
""",
    "registry pull rate limit reached": """\
Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit by
authenticating and upgrading: https://www.docker.com/increase-rate-limit
""",
    "libvirt denied access": """\
error: failed to connect to the hypervisor
error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied
""",
    "the disk is full": "qemu-img: error while writing at byte 331350016: No space left on device",
    "not enough memory": "qemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory",
}


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_known_by_name(name: str) -> None:
    found = known_errors.of(RECORDED[name])
    assert found[0].name == name
    assert found[0].fix


def test_what_is_not_known_is_not_guessed() -> None:
    assert known_errors.of("ufw: command not found") == []
    assert len({k.name for k in known_errors.KNOWN_ERRORS}) == len(known_errors.KNOWN_ERRORS)
