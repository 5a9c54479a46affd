"""Ansible in the machine: what is sent there, and what its words mean."""

import io
import json
import tarfile
from pathlib import Path

from provisioner.content.lab import load
from provisioner.core.paths import labs_folders, project_labs
from provisioner.provision import ansible_in_guest

SAID = """\
PLAY [VM and Docker] ***********************************************************

TASK [zones : The plan of the networks] ****************************************
changed: [localhost]

TASK [The shop's compose file] *************************************************
fatal: [localhost]: FAILED! => {"changed": false, "msg": "Could not find or access 'compose.yaml'"}

PLAY RECAP *********************************************************************
localhost                  : ok=3    changed=2    unreachable=0    failed=1    skipped=0    rescued=0    ignored=0
"""


def test_what_is_sent(tmp_path: Path) -> None:
    lab = load(labs_folders(), "3")
    sent = ansible_in_guest.pack(lab.playbook, project_labs() / "roles", {"lab_nonce": "c0ffee"})
    with tarfile.open(fileobj=io.BytesIO(sent)) as tar:
        names = set(tar.getnames())
        variables = tar.extractfile("variables.json")
        assert variables
        assert json.load(variables) == {"lab_nonce": "c0ffee"}
    assert {"lab/setup.yml", "roles/zones/files/zones", "roles/zones/tasks/main.yml"} <= names
    assert not any(n.startswith("lab/exercises") for n in names), "solutions stay with the author"


def test_line_ends_of_windows_do_not_reach_the_machine(tmp_path: Path) -> None:
    (tmp_path / "roles").mkdir()
    playbook = tmp_path / "setup.yml"
    playbook.write_bytes(b"- hosts: all\r\n  tasks: []\r\n")
    with tarfile.open(fileobj=io.BytesIO(ansible_in_guest.pack(playbook, tmp_path / "roles", {}))) as tar:
        sent = tar.extractfile("lab/setup.yml")
        assert sent
        assert b"\r" not in sent.read()


def test_what_ansible_said() -> None:
    assert ansible_in_guest.changed(SAID) == 2
    assert ansible_in_guest.failure(SAID).splitlines()[0] == "TASK [The shop's compose file]"
    assert "Could not find or access" in ansible_in_guest.failure(SAID)
    assert "RECAP" not in ansible_in_guest.failure(SAID)
    assert ansible_in_guest.failure("localhost : ok=3 changed=0") == ""
