"""What cloud images are told at their first boot."""

import base64

import yaml

from provisioner.images import cloud_init
from provisioner.images.debian import GUEST_FILES

CARD = "52:54:00:1a:b0:01"


def test_only_the_machines_own_card_is_configured() -> None:
    (card,) = yaml.safe_load(cloud_init.network_config(CARD))["ethernets"].values()
    assert card["match"] == {"macaddress": CARD}
    assert card["dhcp4"] is True


def test_files_are_those_of_images_that_are_built_here_but_for_the_network() -> None:
    settings = yaml.safe_load(cloud_init.user_data())
    files = {file["path"]: file for file in settings["write_files"]}
    for path in GUEST_FILES.rglob("*"):
        name = "/" + path.relative_to(GUEST_FILES).as_posix()
        if path.is_file() and path.name != "80-dhcp.network":
            assert base64.b64decode(files[name]["content"]) == path.read_bytes()
    assert "/etc/systemd/network/80-dhcp.network" not in files


def test_what_holds_apts_lock_is_masked_before_it_starts() -> None:
    settings = yaml.safe_load(cloud_init.user_data())
    (mask,) = settings["bootcmd"]
    for unit in ("apt-daily.timer", "apt-daily-upgrade.service", "unattended-upgrades.service", "snapd.service"):
        assert unit in mask.split()
    assert [user["name"] for user in settings["users"]] == ["learner"], "no user of the vendor's"


def test_lists_of_packages_that_are_not_there_count_as_old() -> None:
    """A release that is younger than a week: Ansible would not fetch any, and find no package."""
    assert any("touch -d @0 /var/lib/apt/lists" in line for line in yaml.safe_load(cloud_init.user_data())["runcmd"])
