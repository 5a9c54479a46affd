"""What the guest wrote on its console: QEMU keeps the last of it in memory, however much that is."""

import base64
from contextlib import suppress

from provisioner.backends.qemu.monitor import Monitor
from provisioner.core.errors import MachineError
from provisioner.core.files import tail
from provisioner.seats.seat import Seat

SIZE = 64 << 10  # bytes; a power of two
ARGUMENTS = ("-chardev", f"ringbuf,id=console,size={SIZE}", "-serial", "chardev:console")


def take(seat: Seat) -> str:
    """Its last lines. What QEMU has of it goes to the seat's file, which outlives QEMU."""
    with suppress(MachineError, OSError, ValueError):
        with Monitor(seat.qmp, patience=2) as monitor:
            output = base64.b64decode(monitor.ask("ringbuf-read", device="console", size=SIZE, format="base64"))
        if output:
            earlier = seat.console.read_bytes() if seat.console.exists() else b""
            seat.console.write_bytes((earlier + output)[-SIZE:])
    return tail(seat.console)
