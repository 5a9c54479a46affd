"""The picture of a lab's zones, addresses and ports as SVG, drawn from its manifest, so that it is never wrong."""

from html import escape

from provisioner.content.manifest import Manifest

_MACHINE_LEFT, _ROW, _PAD = 400, 20, 14
_LETTER = 7.3  # the width of one, in a font of fixed width
_BUS = 360  # where the wires of a network meet


def draw(manifest: Manifest) -> str:
    """Zones on the left, each plugged into its network; the machine with its services on the right. Empty without both. Colours
    are the page's (classes zone, machine, wire, faint)."""
    if not manifest.networks and not manifest.services:
        return ""
    zones, zones_height = _draw_zones(manifest)
    rows = _make_rows(manifest)
    machine_height = len(rows) * _ROW + 3 * _PAD + _ROW
    height = max(zones_height, machine_height) + 2
    width = round(max([280, *(len(text) * _LETTER + indent + 2 * _PAD for text, _, indent in rows)]))
    box = f'<rect class="machine" x="{_MACHINE_LEFT}" y="1" width="{width}" height="{height - 2}" rx="8"/>'
    title = f'<text class="title" x="{_MACHINE_LEFT + _PAD}" y="{_PAD + 10}">the machine</text>'
    texts = [
        f'<text class="{css}" x="{_MACHINE_LEFT + _PAD + indent}" y="{_PAD + 14 + (number + 1) * _ROW}">{escape(text)}</text>'
        for number, (text, css, indent) in enumerate(rows)
    ]
    label = "The zones, their addresses, and the machine's services; the same as text: lab guide"
    return (
        f'<svg role="img" aria-label="{label}" viewBox="0 0 {_MACHINE_LEFT + width + 1} {height}" xmlns="http://www.w3.org/2000/svg">'
        f"{box}{title}{''.join(texts)}{zones}</svg>"
    )


def _draw_zones(manifest: Manifest) -> tuple[str, int]:
    """The elements, and the height that they take."""
    parts, y = [], 1
    for name, net in manifest.networks.items():
        middles = []
        for label, zone in net.zones.items():
            serves = f" (answers on {', '.join(map(str, zone.serves))})" if zone.serves else ""
            lines = [(f"{label}{serves}", "name"), *((address, "faint") for address in (zone.v4, zone.v6) if address)]
            box_height = len(lines) * _ROW + _PAD
            middles.append(y + box_height // 2)
            parts.append(f'<rect class="zone" x="1" y="{y}" width="300" height="{box_height}" rx="6"/>')
            parts += [
                f'<text class="{css}" x="{_PAD}" y="{y + 18 + number * _ROW}">{escape(text)}</text>'
                for number, (text, css) in enumerate(lines)
            ]
            y += box_height + _PAD // 2
        if middles:
            wires = "".join(f"M301 {middle}H{_BUS}" for middle in middles)
            parts.append(f'<path class="wire" d="{wires}M{_BUS} {middles[0]}V{y + 12}H{_MACHINE_LEFT}"/>')
            parts.append(f'<text class="faint" x="{_BUS - 8}" y="{y + 16}" text-anchor="end">network {escape(name)}</text>')
            y += _ROW + _PAD
    return "".join(parts), y


def _make_rows(manifest: Manifest) -> list[tuple[str, str, int]]:
    """Text, class and indentation of the machine's lines."""
    rows: list[tuple[str, str, int]] = []
    for name, net in manifest.networks.items():
        rows.append((f"{name}0  {net.v4}", "address", 0))
        rows += [(net.v6, "address", 45)] if net.v6 else []
    for name, service in manifest.services.items():
        udp = "/udp" if service.proto == "udp" else ""
        rows.append(
            (f"{service.port}{udp}  {name}{f' → container :{service.container}' if service.container else ''}", "name", 0)
        )
        rows.append((service.about, "faint", 45))
    return rows
