"""A guest of a few bytes that only says that it runs: what an accelerator is tried with where there is no kernel at hand."""

from pathlib import Path

from provisioner.backends.qemu import arguments

SAYS = b"a guest runs here\n"

_SECTOR = 512
_DISK = 1 << 20  # bytes; the firmware does not read a disk of one sector
# A PC's boot sector: writes what follows it to the first serial port, byte by byte, and stops.
_PC = bytes.fromhex(
    "fc"  # cld
    "31c0 8ed8"  # xor ax, ax; mov ds, ax
    "be 177c"  # mov si, 0x7c17: the text
    "ba f803"  # mov dx, 0x3f8
    "ac"  # next: lodsb
    "84c0"  # test al, al
    "74 03"  # jz end
    "ee"  # out dx, al
    "eb f8"  # jmp next
    "fa f4 eb fc"  # end: cli; hlt; jmp end
)
# The same for ARM's `virt` board, whose serial port is at 0x09000000.
_ARM = b"".join(
    word.to_bytes(4, "little")
    for word in (
        0x10000101,  # adr x1, the text
        0xD2A12002,  # movz x2, #0x900, lsl #16
        0x38401420,  # next: ldrb w0, [x1], #1
        0x34000060,  # cbz w0, end
        0x39000040,  # strb w0, [x2]
        0x17FFFFFD,  # b next
        0xD503207F,  # end: wfi
        0x17FFFFFF,  # b end
    )
)


def write(folder: Path, arm: bool = arguments.ARM) -> list[str]:
    """Writes it into the folder. Returns QEMU's arguments that boot it."""
    file = folder / "guest"
    if arm:
        file.write_bytes(_ARM + SAYS + b"\0")
        return ["-kernel", str(file)]
    file.write_bytes(((_PC + SAYS).ljust(_SECTOR - 2, b"\0") + b"\x55\xaa").ljust(_DISK, b"\0"))
    return ["-drive", f"file={file},if=virtio,format=raw,readonly=on"]
