"""First settings for cloud images, given by cloud-init: the same files that images built here contain, and what keeps services
of the vendor from getting in the way."""

import base64

import yaml

from provisioner.images.debian import GUEST_FILES
from provisioner.seats.seat import Seat

_ENABLE = "lab-agent.service lab-mgmt-net.service lab-hostkey.service lab-tune-emulation.service lab-mgmt.socket"
# What works by itself in the first minutes: it holds apt's lock, restarts services, or asks addresses that a lab has closed.
_OF_THE_VENDOR = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "apt-daily.service", "apt-daily-upgrade.service",
    "unattended-upgrades.service", "snapd.service", "snapd.socket", "snapd.seeded.service", "motd-news.timer", "ua-timer.timer",
    "fwupd-refresh.timer",
)  # fmt: skip
_NEEDRESTART = "$nrconf{restart} = 'l'; # it only lists what apt has replaced: a restart of Docker is the learner's business\n"
# Vendors remove the lists of packages. Ansible takes their folder's age for theirs, and would believe that it has fresh ones.
_OLD_LISTS = (
    "ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || "
    "{ rm -f /var/lib/apt/periodic/update-success-stamp; touch -d @0 /var/lib/apt/lists; }"
)


def user_data() -> str:
    """The cloud-config: the learner, the management network, the agent. Keys come later, through the agent."""
    files = [
        {
            "path": "/" + file.relative_to(GUEST_FILES).as_posix(),
            "encoding": "b64",
            "content": base64.b64encode(file.read_bytes()).decode(),
            "permissions": "0755" if "/usr/local/" in f"/{file.relative_to(GUEST_FILES).as_posix()}" else "0644",
        }
        for file in sorted(f for f in GUEST_FILES.rglob("*") if f.is_file())
        # network_config() is what configures its card.
        if file.name != "80-dhcp.network"
    ]
    files.append({"path": "/etc/needrestart/conf.d/lab.conf", "content": _NEEDRESTART, "permissions": "0644"})
    settings = {
        "users": [
            {"name": "learner", "shell": "/bin/bash", "sudo": "ALL=(ALL) NOPASSWD:ALL", "passwd": "*", "lock_passwd": False}
        ],
        "write_files": files,
        "package_update": False,
        # Before any of them is started, and without `systemctl`, which would wait for a manager that is still booting.
        "bootcmd": [f"for u in {' '.join(_OF_THE_VENDOR)}; do ln -sf /dev/null /etc/systemd/system/$u; done"],
        "runcmd": [
            "systemctl daemon-reload",
            # What was running already when it was masked has ended as a failure: it is no fault of the machine.
            f"systemctl stop {' '.join(_OF_THE_VENDOR)} || true",
            "systemctl reset-failed",
            _OLD_LISTS,
            # All is said. Later boots need nothing of it, and it would take most of their time.
            "touch /etc/cloud/cloud-init.disabled",
            f"systemctl enable {_ENABLE}",
            f"systemctl start {_ENABLE}",
        ],
    }
    return "#cloud-config\n" + yaml.safe_dump(settings, sort_keys=False)


def network_config(uplink: str) -> str:
    """The card with this number by DHCP, and no other one: that of the management network is not waited for."""
    card = {"match": {"macaddress": uplink}, "dhcp4": True, "dhcp6": False, "accept-ra": False, "link-local": []}
    return yaml.safe_dump({"version": 2, "ethernets": {"uplink": card}}, sort_keys=False)


def write(seat: Seat, uplink: str) -> None:
    """Writes the seat's seed. uplink: the number of the machine's own card."""
    from provisioner.images.seed import write_seed

    meta_data = f"instance-id: {seat.name}\nlocal-hostname: lab\n"
    write_seed(seat.seed, user_data=user_data(), meta_data=meta_data, network_config=network_config(uplink))
