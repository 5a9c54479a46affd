"""The playbooks' choices on Ubuntu 24.04: run for real where os-release says so, against an archive that has packages of its
names, up to what apt would install."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provisioner.core.paths import project_labs

OS_RELEASE = """\
PRETTY_NAME="Ubuntu 24.04.3 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.3 LTS (Noble Numbat)"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
UBUNTU_CODENAME=noble
"""
UBUNTUS = ("docker.io", "docker-compose-v2", "apparmor")
PLAY = """\
- hosts: localhost
  gather_facts: true
  gather_subset: ["!all", "!min", distribution, distribution_release, architecture]
  tasks:
    - ansible.builtin.include_role: {name: docker, tasks_from: distribution}
"""
# What os-release is for the commands that follow. Both names: one is a link to the other.
AS_UBUNTU = 'mount --bind "$1" "$(readlink -f /etc/os-release)"; shift; exec "$@"'


def make_archive(folder: Path, names: tuple[str, ...]) -> None:
    """Empty packages, and a list of them."""
    folder.mkdir()
    entries = []
    for name in names:
        tree = folder / f"{name}.tree" / "DEBIAN"
        tree.mkdir(parents=True)
        control = (
            f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: none\n"
        )
        (tree / "control").write_text(control)
        package = folder / f"{name}.deb"
        subprocess.run(
            ["dpkg-deb", "--build", "--root-owner-group", str(tree.parent), str(package)], check=True, capture_output=True
        )
        digest = hashlib.sha256(package.read_bytes()).hexdigest()
        entries.append(f"{control}Filename: ./{package.name}\nSize: {package.stat().st_size}\nSHA256: {digest}\n")
    (folder / "Packages").write_text("\n".join(entries))


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    """The configuration of an apt that knows this archive only, and of no package that is installed."""
    if sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip("needs root, and apt: not on all file systems")
    if subprocess.run(["/usr/bin/python3", "-c", "import apt"], check=False, capture_output=True).returncode:
        pytest.skip("python3-apt is not installed")
    for folder in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d", "log"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "status").touch()
    (tmp_path / "sources").write_text(f"deb [trusted=yes] file:{tmp_path}/archive ./\n")
    file = tmp_path / "apt.conf"
    file.write_text(
        f'Dir::State "{tmp_path}/state"; Dir::State::status "{tmp_path}/status"; Dir::Cache "{tmp_path}/cache";\n'
        f'Dir::Etc::sourcelist "{tmp_path}/sources"; Dir::Etc::sourceparts "-"; Dir::Etc::parts "{tmp_path}/etc/apt.conf.d";\n'
        f'Dir::Etc::preferencesparts "{tmp_path}/etc/preferences.d"; Dir::Log "{tmp_path}/log"; APT::Sandbox::User "root";\n'
    )
    return file


def run_role(tmp_path: Path, apt: Path) -> "subprocess.CompletedProcess[str]":
    (tmp_path / "os-release").write_text(OS_RELEASE)
    (tmp_path / "play.yml").write_text(PLAY)
    environment = {
        **os.environ, "APT_CONFIG": str(apt), "ANSIBLE_ROLES_PATH": str(project_labs() / "roles"),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path), "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3", "ANSIBLE_NOCOLOR": "1",
    }  # fmt: skip
    subprocess.run(["apt-get", "update"], env=environment, check=True, capture_output=True)
    play = [str(Path(sys.executable).with_name("ansible-playbook")), "--check", "-i", "localhost,", "-c", "local"]
    command = [
        "unshare",
        "--mount",
        "sh",
        "-ec",
        AS_UBUNTU,
        "sh",
        str(tmp_path / "os-release"),
        *play,
        str(tmp_path / "play.yml"),
        "-v",
    ]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.slow
def test_docker_is_installed_from_ubuntus_packages(tmp_path: Path, apt: Path) -> None:
    make_archive(tmp_path / "archive", UBUNTUS)
    done = run_role(tmp_path, apt)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in UBUNTUS:
        assert f"Inst {name} " in done.stdout


@pytest.mark.slow
def test_what_ubuntu_does_not_have_is_not_asked_for(tmp_path: Path, apt: Path) -> None:
    """The control: a name that is not in the archive fails, and Debian's names are not."""
    make_archive(tmp_path / "archive", ("docker.io", "docker-cli", "docker-compose", "apparmor"))
    done = run_role(tmp_path, apt)
    assert done.returncode != 0
    assert "No package matching 'docker-compose-v2' is available" in done.stdout
