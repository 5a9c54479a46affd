"""The figures as a table, in the terminal and in the documentation."""

from collections.abc import Sequence

from provisioner.bench import Figure
from provisioner.content.lab import Lab


def table(figures: dict[str, Figure]) -> list[tuple[str, str, str]]:
    """Rows of (what, median with minimum and maximum, set against what)."""
    rows = []
    for figure in figures.values():
        low, high = min(figure.values), max(figure.values)
        spread = f" ({low:.2f} to {high:.2f}, {len(figure.values)} times)" if len(figure.values) > 1 else ""
        reference = figures.get(figure.against)
        ratio = f"{figure.median / reference.median:.2f} x “{reference.what}”" if reference else ""
        rows.append((figure.what, f"{figure.median:.2f} {figure.unit}{spread}", ratio))
    return rows


def page(lab: Lab, rows: Sequence[tuple[str, str, str]], left_out: Sequence[str]) -> str:
    """As a page of the documentation, with the host that it was measured on."""
    import platform

    import psutil

    from provisioner.backends.qemu import arguments

    host = (
        f"{psutil.cpu_count()} processors, {psutil.virtual_memory().total >> 30} GiB, {platform.system()}"
        f" {platform.machine()}, QEMU {arguments.version()}"
    )
    lines = [f"| {what} | {value} | {ratio} |" for what, value, ratio in rows]
    return "\n".join([
        "# Benchmark", "", f"Made by `lab bench {lab.number} --page`, in one run, on one host: {host}.",
        "Medians; ratios compare within the run.", "", "| figure | here | set against |", "|---|---|---|", *lines, "",
        *(f"{why[:1].upper()}{why[1:]}.\n" for why in left_out),
    ])  # fmt: skip
