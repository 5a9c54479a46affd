"""The user's configuration: a file of a few lines, `name: text`."""

from pathlib import Path

from provisioner.core.errors import UsageError

EXAMPLES = {"driver": "vagrant:libvirt", "labs": "/home/me/labs", "predict": "off"}


def setting(file: Path, name: str) -> str:
    """What the file says under that name; empty where it says nothing, or is not there. Raises UsageError."""
    if not file.exists():
        return ""
    import yaml

    try:
        values = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        value = values.get(name, "")
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError) as error:
        raise _unreadable(file, str(error)) from None
    if isinstance(value, bool):  # YAML's on and off
        return "on" if value else "off"
    if not isinstance(value, str):
        raise _unreadable(file, f"{name}: {value!r}")
    return value


def _unreadable(file: Path, why: str) -> UsageError:
    lines = ", ".join(f"`{name}: {value}`" for name, value in EXAMPLES.items())
    return UsageError(f"{file} cannot be read", evidence=why, hint=f"its lines are like {lines}")
