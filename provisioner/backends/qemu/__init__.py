"""QEMU's parts, each a small module: its arguments, its monitor (QMP), the agent in the guest, accelerators."""
