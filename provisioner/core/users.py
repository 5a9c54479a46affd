"""Who runs this program, on every kind of host, and what the host lets them do."""

import os
import sys
from contextlib import suppress
from pathlib import Path

# Settings that keep ordinary users from making user namespaces: the value that does, and the words for it.
_RESTRICTIONS = {
    "kernel/apparmor_restrict_unprivileged_userns": ("1", "AppArmor, as Ubuntu sets it up from 24.04 on,"),
    "kernel/unprivileged_userns_clone": ("0", "Debian's kernel, as it is set up here,"),
    "user/max_user_namespaces": ("0", "the kernel, as it is set up here,"),
}
_ALLOWED = {"0": "1", "1": "0"}


def is_root() -> bool:
    """Whether this user may do everything on the host. Windows has no such user."""
    return sys.platform != "win32" and os.geteuid() == 0


def namespace_restriction(settings: Path = Path("/proc/sys")) -> tuple[str, str]:
    """What keeps an ordinary user from making user namespaces, and the command that allows it until the next boot; two empty
    texts if nothing is known."""
    for name, (value, culprit) in _RESTRICTIONS.items():
        with suppress(OSError):
            if (settings / name).read_text().strip() == value:
                allowed = "15000" if name.startswith("user/") else _ALLOWED[value]
                return f"{culprit} lets ordinary users make no namespaces", f"sudo sysctl {name.replace('/', '.')}={allowed}"
    return "", ""
