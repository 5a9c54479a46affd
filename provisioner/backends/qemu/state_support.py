"""Whether QEMU stores and resumes machines here. Some accelerators and devices refuse, which only trying tells: then machines
boot from prepared disks. The answer is remembered for that QEMU."""

from contextlib import suppress

from provisioner.backends.qemu import arguments
from provisioner.core.paths import Home
from provisioner.core.progress import say
from provisioner.core.state_file import Format, NewerVersion

_NOTE = Format("the note of what QEMU refuses")


def refusal(home: Home) -> str:
    """Why the QEMU that is here stores no machine; empty where it does, as far as is known."""
    with suppress(OSError, ValueError, NewerVersion):
        note = _NOTE.read(home.state_support)
        if note.get("qemu") == arguments.version():
            return str(note.get("refusal", ""))
    return ""


def give_up(home: Home, reason: str) -> None:
    say(f"! this QEMU cannot keep the memory of a machine ({reason}): machines boot from prepared disks, which takes longer")
    home.state_support.parent.mkdir(parents=True, exist_ok=True)
    if not _NOTE.is_newer(home.state_support):
        _NOTE.write(home.state_support, {"qemu": arguments.version(), "refusal": reason})
