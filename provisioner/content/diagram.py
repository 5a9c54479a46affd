"""The picture of a lab's zones, addresses and ports, drawn in text from its manifest, so that it is never wrong."""

from itertools import zip_longest

from provisioner.content.manifest import Manifest

_NARROWEST = 32


def draw(manifest: Manifest) -> str:
    """Zones on the left, each plugged into its network; the machine with its services on the right."""
    zones = _zones(manifest)
    machine = _machine(manifest, len(zones))
    blank = " " * len(zones[0])
    return "\n".join(f"{a}{b}".rstrip() for a, b in zip_longest(zones, machine, fillvalue=blank))


def _zones(manifest: Manifest) -> list[str]:
    """Lines of one width: a text, and the wire beside it."""
    lines = [("", "    ")]
    for name, net in manifest.networks.items():
        for index, (label, zone) in enumerate(net.zones.items()):
            corner = "┤" if index else "┐"
            serves = f" (answers on {', '.join(map(str, zone.serves))})" if zone.serves else ""
            lines += [(f"{label}{serves}", f"──{corner} "), (f"  {zone.v4}", "  │ ")]
            lines += [(f"  {zone.v6}", "  │ ")] if zone.v6 else []
        lines += [(f"{'network ' + name:>{_NARROWEST}}", "  └─"), ("", "    ")]
    width = max(_NARROWEST, *(len(text) + 1 for text, _ in lines))
    return [text.ljust(width) + wire for text, wire in lines]


def _machine(manifest: Manifest, height: int) -> list[str]:
    """At least as high as all the wires that end at it."""
    rows = []
    for name, net in manifest.networks.items():
        rows.append(f"{name}0  {net.v4}")
        if net.v6:
            rows.append(f"{'':<{len(name) + 1}}  {net.v6}")
    rows.append("")
    for name, s in manifest.services.items():
        to = f" → container :{s.container}" if s.container else ""
        udp = "/udp" if s.proto == "udp" else ""
        rows += [f"{s.port:>5}{udp}  {name}{to}", f"       {s.about}"]
    rows += [""] * (height - len(rows) - 1)
    title = "─ the machine "
    width = max(len(title), *(len(row) + 2 for row in rows))
    return [f"┌{title:─<{width}}┐", *(f"│ {row:<{width - 1}}│" for row in rows), f"└{'─' * width}┘"]
