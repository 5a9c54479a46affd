"""The picture of a lab's zones, addresses and ports, drawn in text from its manifest, so that it is never wrong."""

from .manifest import Manifest

WIDTH = 36


def draw(manifest: Manifest) -> str:
    """Zones on the left, each plugged into its network; the machine with its services on the right."""
    right = _machine(manifest)
    left = _zones(manifest)
    height = max(len(left), len(right))
    left += [" " * WIDTH] * (height - len(left))
    right += [""] * (height - len(right))
    return "\n".join(f"{a}{b}".rstrip() for a, b in zip(left, right, strict=True))


def _zones(manifest: Manifest) -> list[str]:
    lines = [" " * WIDTH]
    for name, net in manifest.networks.items():
        for zone, z in net.zones.items():
            serves = f" (answers on {', '.join(map(str, z.serves))})" if z.serves else ""
            lines += [f"{zone}{serves}".ljust(WIDTH - 4, " ")[: WIDTH - 4] + "──┐ ", f"  {z.v4}".ljust(WIDTH - 2) + "│ "]
            if z.v6:
                lines.append(f"  {z.v6}".ljust(WIDTH - 2) + "│ ")
        lines += [f"{'network ' + name:>{WIDTH - 4}}  ├─", f"  {'':<{WIDTH - 4}}│ "]
    return lines[:-1] if manifest.networks else lines


def _machine(manifest: Manifest) -> list[str]:
    rows = []
    for name, net in manifest.networks.items():
        rows.append(f"{name}0  {net.v4}")
        if net.v6:
            rows.append(f"{'':<{len(name) + 1}}  {net.v6}")
    rows.append("")
    for name, s in manifest.services.items():
        to = f" → container :{s.container}" if s.container else ""
        rows += [f"{s.port:>5}  {name}{to}", f"       {s.about}"]
    width = max(len(r) for r in rows) + 2
    return [f"┌─ the machine {'─' * (width - 13)}┐", *(f"│ {r:<{width - 1}}│" for r in rows), f"└{'─' * width}┘"]
