"""Whether what QEMU saves of a machine is the memory that the machine has. The format: docs/devel/migration.rst of QEMU, and
migration/ram.c for its pages."""

import mmap
import struct
from pathlib import Path

BLOCK = b"ram"  # the machine's own, whose addresses are the guest's up to the first hole
_START, _PART, _END, _FULL, _CONFIGURATION, _FOOTER = 1, 2, 3, 4, 7, 0x7E
_ZERO, _SIZE, _PAGE, _EOS, _CONTINUE = 0x02, 0x04, 0x08, 0x10, 0x20
PAGE = 4096


class Stream:
    """A saved state, read as far as its memory goes. pages: guest address -> where its last copy lies, None for zeros."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            self.data = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
        assert self.data[:4] == b"QEVM"
        self.at = 8
        self.pages: dict[int, int | None] = {}
        self._block = b""
        while self._section():
            pass

    def page(self, address: int) -> bytes:
        where = self.pages[address]
        return bytes(PAGE) if where is None else self.data[where : where + PAGE]

    def _take(self, form: str) -> int:
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return int(value)

    def _name(self) -> bytes:
        length = self._take(">B")
        self.at += length
        return self.data[self.at - length : self.at]

    def _section(self) -> bool:
        kind = self._take(">B")
        if kind == _CONFIGURATION:
            length = self._take(">I")
            self.at += length
            return True
        self._take(">I")  # its number
        if kind == _FULL:  # the devices, which come after the memory
            return False
        if kind == _START:
            assert self._name() == b"ram"
            self._take(">Q")  # instance and version
        assert kind in (_START, _PART, _END), f"section {kind} at {self.at}"
        while self._entry():
            pass
        assert self._take(">B") == _FOOTER
        self._take(">I")
        return True

    def _entry(self) -> bool:
        word = self._take(">Q")
        flags, address = word & (PAGE - 1), word & ~(PAGE - 1)
        if flags & _SIZE:
            while address > 0:
                self._name()
                address -= self._take(">Q")
            return True
        if flags & (_ZERO | _PAGE):
            if not flags & _CONTINUE:
                self._block = self._name()
            if self._block == BLOCK:
                self.pages[address] = self.at if flags & _PAGE else None
            self.at += PAGE if flags & _PAGE else 1
            return True
        assert flags & _EOS, f"flags {flags:#x} at {self.at}"
        return False


def lost(state: Path, truth: Path) -> list[int]:
    """The addresses of pages that a saved state has otherwise than a dump of the memory as it stood then."""
    stream, memory = Stream(state), truth.read_bytes()
    assert len(stream.pages) * PAGE >= len(memory)
    return [a for a in range(0, len(memory), PAGE) if stream.page(a) != memory[a : a + PAGE]]
