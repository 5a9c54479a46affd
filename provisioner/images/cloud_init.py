"""First settings for cloud images, given by cloud-init: the same files that images built here contain."""

import base64

import yaml

from provisioner.images.debian import GUEST_FILES
from provisioner.seats.seat import Seat

_ENABLE = "lab-agent.service lab-mgmt-net.service lab-hostkey.service lab-tune-emulation.service lab-mgmt.socket"


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
        # The image brings its own way to configure its network card.
        if file.name != "80-dhcp.network"
    ]
    settings = {
        "users": [
            {"name": "learner", "shell": "/bin/bash", "sudo": "ALL=(ALL) NOPASSWD:ALL", "passwd": "*", "lock_passwd": False}
        ],
        "write_files": files,
        "package_update": False,
        "runcmd": [
            "systemctl daemon-reload",
            "systemctl mask apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service",
            f"systemctl enable {_ENABLE}",
            f"systemctl start {_ENABLE}",
        ],
    }
    return "#cloud-config\n" + yaml.safe_dump(settings, sort_keys=False)


def write(seat: Seat) -> None:
    """Writes the seat's seed."""
    from provisioner.images.seed import write_seed

    write_seed(seat.seed, user_data=user_data(), meta_data=f"instance-id: {seat.name}\nlocal-hostname: lab\n")
