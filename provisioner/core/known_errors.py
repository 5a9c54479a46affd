"""Known failures of hypervisors, boxes and registries: the text by which each is recognized, and what to do about it.

Texts are those of VirtualBox 6 and 7, Vagrant 2.2 to 2.4, libvirt and Docker; an error that shows one of them says more
than its own next step.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class KnownError:
    """pattern: what is looked for in an error's evidence; fix: what to do."""

    name: str
    pattern: str
    fix: str


KNOWN_ERRORS = (
    KnownError(
        "too many system containers for this host's inotify limit",
        r"Failed to (create|allocate|initialize) .*Too many open files|inotify.*Too many open files",
        "each system container takes about ten inotify instances of one limit: "
        "`sudo sysctl -w fs.inotify.max_user_instances=2048`, or end others with `lab destroy`",
    ),
    KnownError(
        "Windows uses the processor's virtualization",
        r"VERR_NEM_NOT_AVAILABLE|VERR_NEM_VM_CREATE_FAILED|WHvCapabilityCodeHypervisorPresent|HVP=0",
        "Hyper-V, WSL 2 or memory integrity (Windows Security, Core isolation) blocks VirtualBox: switch it off and "
        "restart, or use --driver vagrant:hyperv",
    ),
    KnownError(
        "virtualization is switched off",
        r"VERR_VMX_MSR_ALL_VMX_DISABLED|VERR_VMX_NO_VMX|VERR_SVM_NO_SVM|VERR_SVM_DISABLED|VERR_VMX_MSR_VMX_DISABLED",
        "switch on VT-x or AMD-V in the firmware (BIOS, UEFI); inside a virtual machine, nested virtualization on its host; "
        "or use --driver qemu, which also works without",
    ),
    KnownError(
        "another hypervisor uses the processor's virtualization",
        r"VERR_VMX_IN_VMX_ROOT_MODE|VERR_SVM_IN_USE",
        "KVM and VirtualBox cannot share the processor: `sudo modprobe -r kvm_intel kvm_amd kvm`, or use --driver qemu",
    ),
    KnownError(
        "this Vagrant does not support this VirtualBox",
        r"version of VirtualBox installed\s+that is not supported",
        "install a newer Vagrant (2.4.9 supports VirtualBox 7.2), or an older VirtualBox",
    ),
    KnownError(
        "VirtualBox's kernel module is not loaded",
        r"Kernel driver not installed \(rc=-1908\)|VERR_VM_DRIVER_NOT_INSTALLED|vboxdrv kernel module is not loaded",
        "`sudo /sbin/vboxconfig` (with Secure Boot the module must be signed); on macOS allow Oracle in Privacy & Security",
    ),
    KnownError(
        "the box is for another processor architecture",
        r"VBOX_E_PLATFORM_ARCH_NOT_SUPPORTED|platform architecture \w+ is not supported|requires the X86 machine architecture",
        "this computer has an ARM processor (Apple Silicon): use a box for arm64 (bento/ubuntu-24.04 has one) or --driver qemu",
    ),
    KnownError(
        "address outside of VirtualBox's allowed ranges",
        r"host-only network is not within the\s+allowed ranges",
        "lab uses no host-only network, so another Vagrantfile asks for it; or allow the range in /etc/vbox/networks.conf",
    ),
    KnownError(
        "port already in use",
        r"cannot forward the specified ports|forwarded port to \d+ is already in use|Could not set up host forwarding",
        "stop what listens there (`lab status`, `ss -ltnp`), or run `lab reset`, which uses other ports",
    ),
    KnownError(
        "not enough memory",
        r"VERR_NO_MEMORY|VERR_EM_NO_MEMORY|[Cc]annot allocate memory|cannot set up guest memory",
        "close programs or stop other machines (`lab status` shows what each uses)",
    ),
    KnownError(
        "the disk is full",
        r"No space left on device|VERR_DISK_FULL|ENOSPC|There is not enough space on the disk",
        "`lab cache --prune` removes what is not needed; `lab status` shows what seats use",
    ),
    KnownError(
        "incomplete box download",
        r"transfer closed with \d+ bytes remaining|box failed to unpackage properly|Couldn't open file .*\.box",
        "delete ~/.vagrant.d/tmp and try again: Vagrant does not always resume a download",
    ),
    KnownError(
        "registry pull rate limit reached",
        r"toomanyrequests: You have reached your (?:unauthenticated )?pull rate limit",
        "wait, or `docker login`: the limit is per address, which a class may share; the labs themselves pull nothing",
    ),
    KnownError(
        "libvirt denied access",
        r"libvirt-sock.*(?:Permission denied|No such file)|authentication unavailable: no polkit agent",
        "`sudo adduser $USER libvirt` and log in again; `sudo systemctl start libvirtd`",
    ),
    KnownError(
        "host name not resolved",
        r"Could not resolve host|Temporary failure in name resolution",
        "is this computer online? A VPN may redirect the routes and DNS of virtual machines: try without it",
    ),
)


def of(evidence: str) -> list[KnownError]:
    """What is known about such an error, most telling first."""
    return [known_error for known_error in KNOWN_ERRORS if re.search(known_error.pattern, evidence)]
