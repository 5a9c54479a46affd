import pytest

from provisioner.content.diagram import draw
from provisioner.content.manifest import Manifest, Network, Service, Zone


def manifest(networks: dict[str, Network], services: dict[str, Service]) -> Manifest:
    return Manifest(1, "A lab", "One line.", ("debian-13",), (), networks=networks, services=services)


LAB = manifest(
    {
        "ext": Network(
            "198.51.100.1/24",
            {"outside": Zone("anybody", "198.51.100.10", "2001:db8:51::10"), "admin": Zone("a", "198.51.100.20")},
            "2001:db8:51::1/64",
        ),
        "lan": Network("10.0.5.1/24", {"office": Zone("the office", "10.0.5.9", serves=(80, 8443))}),
    },
    {"shop": Service(8080, "the shop", 80), "backup": Service(9000, "the backup service of the machine itself")},
)
LONG = manifest(
    {
        "ext": Network(
            "10.0.0.1/24",
            {
                "fifteen-letters": Zone("z", "10.0.0.2", serves=(10001, 10002, 10003, 10004, 10005)),
                "other": Zone("o", "10.0.0.3", "2001:db8:1111:2222:3333:4444:5555:6666"),
            },
            "2001:db8:1111:2222:3333:4444:5555:1/64",
        )
    },
    {},
)
CROWDED = manifest({f"net{n}": Network(f"10.0.{n}.1/24", {f"z{n}": Zone("z", f"10.0.{n}.2")}) for n in range(6)}, {})
ALL = pytest.mark.parametrize("lab", [LAB, LONG, CROWDED, manifest({}, {})], ids=["lab", "long", "crowded", "empty"])


@ALL
def test_everything_of_the_manifest_is_in_it(lab: Manifest) -> None:
    drawn = draw(lab)
    for name, network in lab.networks.items():
        for part in (f"{name}0", f"network {name}", network.v4, network.v6 or ""):
            assert part in drawn
        for zone, its in network.zones.items():
            for part in (zone, its.v4, its.v6 or "", *map(str, its.serves)):
                assert part in drawn
    for name, service in lab.services.items():
        for part in (name, str(service.port), service.about, f":{service.container}" if service.container else ""):
            assert part in drawn


@ALL
def test_the_machines_box_is_closed(lab: Manifest) -> None:
    lines = draw(lab).splitlines()
    begin = lines[0].index("┌")
    box = [line[begin:] for line in lines]
    assert {len(line) for line in box} == {len(box[0])}
    assert (box[0][0], box[0][-1], box[-1][0], box[-1][-1]) == ("┌", "┐", "└", "┘")
    assert all(line[0] == line[-1] == "│" for line in box[1:-1])


@ALL
def test_every_network_is_plugged_into_the_machine(lab: Manifest) -> None:
    plugged = [line for line in draw(lab).splitlines() if "network" in line]
    assert len(plugged) == len(lab.networks)
    assert all("─│" in line for line in plugged)
