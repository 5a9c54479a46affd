"""A machine without a kernel: folders for its disk and its memory, and a small SSH server that answers for it."""
