"""From inside a machine that may call out: what is outside is reached, and this host is not."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import psutil
import pytest

from provisioner.content.lab import load as load_lab
from provisioner.core.paths import Home, labs_folders
from provisioner.drivers.base import Driver, LayerStore
from provisioner.drivers.registry import load
from provisioner.provision import layer_builder, stages
from provisioner.provision.prerequisites import image_of
from provisioner.seats import ssh
from provisioner.seats.seat import Record, Seat

from ..unit.networks import far_end, served_everywhere
from .conftest import Cli, within

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0 or not shutil.which("slirp4netns"), reason="needs Linux, root and slirp4netns"
)
CALL = """
import socket
for address in {addresses}:
    try:
        with socket.create_connection((address, {port}), 5) as line:
            line.settimeout(5)
            print(address, line.recv(99).decode())
    except OSError as error:
        print(address, type(error).__name__)
"""


@pytest.fixture
def everywhere() -> Iterator[int]:
    with served_everywhere() as port:
        yield port


@pytest.fixture
def outside() -> Iterator[str]:
    with far_end() as address:
        yield address


@pytest.fixture(params=["qemu", "lxc"])
def machine(request: pytest.FixtureRequest, cli: Cli, home: Home, outside: str) -> Iterator[tuple[Driver, Seat]]:
    """One of lab 3, which has the internet this once."""
    driver = load(request.param)
    if not all(finding.is_present for finding in driver.preflight()):
        pytest.skip(f"{driver.info.name} does not work here")
    lab = load_lab(labs_folders(), "3")
    assert isinstance(driver, LayerStore)
    its, image = stages.spec_of(lab), image_of(lab, driver)
    plan, _ = stages.stages(lab, driver)
    layer = layer_builder.prepare(home, driver, its, image, plan)
    seat = Seat.locate(home, 3, "internet")
    seat.create(Record(lab.slug, driver.info.name, image.name, layer.key))
    try:
        driver.start(seat, replace(its, internet=True), layer)
        yield driver, seat
    finally:
        layer_builder.discard(seat)


def test_the_outside_answers_and_this_host_does_not(machine: tuple[Driver, Seat], everywhere: int, outside: str) -> None:
    _, seat = machine
    families = (socket.AF_INET, socket.AF_INET6)
    own = {a.address.partition("%")[0] for card in psutil.net_if_addrs().values() for a in card if a.family in families}
    loopback = {"10.0.2.2", "10.0.2.3", "10.0.3.2", "10.0.3.3", "fec0::2", "fec0::3", "fd00::2", "0.0.0.0"}
    addresses = sorted((own | loopback) - {"127.0.0.1", "::1"})
    said = ssh.run(seat, "python3", "-c", CALL.format(addresses=addresses, port=everywhere)).out
    assert len(said.splitlines()) == len(addresses)
    assert "this host" not in said, said
    assert ssh.run(seat, "python3", "-c", CALL.format(addresses=[outside], port=8080)).out == f"{outside} outside\n"


def test_another_seats_port_does_not_answer(machine: tuple[Driver, Seat]) -> None:
    """Nor its own by the host: both are on 127.0.0.1 there."""
    _, seat = machine
    port = next(int(line.split()[1]) for line in seat.ssh_config.read_text().splitlines() if line.split()[:1] == ["Port"])
    addresses = ["10.0.2.2", "10.0.2.3", "10.0.3.2"]
    assert "SSH" not in ssh.run(seat, "python3", "-c", CALL.format(addresses=addresses, port=port)).out


def test_names_are_known(machine: tuple[Driver, Seat]) -> None:
    """As this host knows them. One without any name server has nothing to compare."""
    sites = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, text=True, check=False
    ).stdout.split()
    name = (urlsplit(sites[0]).hostname if sites else "") or "nowhere.invalid"  # where this host has its packages from
    try:
        socket.getaddrinfo(name, 80, socket.AF_INET)
    except OSError:
        pytest.skip("this host knows no names")
    _, seat = machine
    assert within(60, lambda: ssh.run(seat, "getent", "ahostsv4", name, check=False).code == 0)
