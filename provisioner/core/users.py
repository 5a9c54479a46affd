"""Who runs this program, on every kind of host."""

import os
import sys


def is_root() -> bool:
    """Whether this user may do everything on the host. Windows has no such user."""
    return sys.platform != "win32" and os.geteuid() == 0
