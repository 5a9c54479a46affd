"""Imports go one way: each package knows those below it, and none above."""

import ast
from collections.abc import Iterator
from pathlib import Path

import provisioner

FLOORS = (
    "core", "guest", "seats", "content", "progress", "images", "backends", "drivers", "provision", "checks", "host", "recovery",
    "lifecycle", "verify", "page", "bundle", "bench", "classes", "cli", "__main__",
)  # fmt: skip
ROOT = Path(provisioner.__file__).parent


def imported(file: Path) -> Iterator[str]:
    """Names of packages below `provisioner`, wherever in the file they are imported."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.ImportFrom(module="provisioner", names=names):
                yield from (alias.name for alias in names if alias.name in FLOORS)
            case ast.ImportFrom(module=str(module), level=0) if module.startswith("provisioner."):
                yield module.split(".")[1]
            case ast.ImportFrom(level=level):
                assert not level, f"{file}:{node.lineno} is relative: say from where"
            case ast.Import(names=names):
                yield from (alias.name.split(".")[1] for alias in names if alias.name.startswith("provisioner."))


def test_each_package_imports_only_what_is_below_it() -> None:
    files = [f for f in sorted(ROOT.rglob("*.py")) if "template" not in f.parts]
    assert len(files) > 90
    wrong = [
        f"{file.relative_to(ROOT)} imports {other}"
        for file in files
        for own in [file.relative_to(ROOT).parts[0].removesuffix(".py")]
        if own != "__init__"
        for other in imported(file)
        if FLOORS.index(other) > FLOORS.index(own)
    ]
    assert not wrong


def test_every_package_has_its_floor() -> None:
    there = {f.name.removesuffix(".py") for f in ROOT.iterdir() if f.suffix == ".py" or any(f.rglob("*.py"))}
    assert there - {"__init__", "__pycache__"} == set(FLOORS)


def test_a_wrong_way_is_seen(tmp_path: Path) -> None:
    (tmp_path / "process.py").write_text("def f():\n  from provisioner.cli import main\n  import provisioner.drivers.qemu\n")
    assert list(imported(tmp_path / "process.py")) == ["cli", "drivers"]


def test_checks_of_labs_import_one_package() -> None:
    """What authors write against is `provisioner.checks`, and nothing below it."""
    files = sorted([*(ROOT.parent / "labs").rglob("test_*.py"), *(ROOT / "content" / "template").rglob("test_*.py")])
    assert len(files) > 30
    lines = {line for file in files for line in file.read_text(encoding="utf-8").splitlines() if "import" in line}
    assert {line.split()[1] for line in lines if line.startswith("from provisioner")} == {"provisioner.checks"}
    assert not [line for line in lines if line.startswith("import provisioner")]
