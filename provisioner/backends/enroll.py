"""Makes a machine that somebody else has installed one that labs can use: what both drivers do that meet such machines."""

import base64
import io
import shlex
import tarfile

from provisioner.core.paths import PACKAGE

GUEST = PACKAGE / "guest"
PATIENCE = 900.0  # seconds: packages are fetched


# A command that was killed leaves its script running there: the next one waits for it.
ALONE = "exec 9>/run/lab.lock && flock 9\n"


def unpack() -> str:
    """Shell commands after which the folder $d has the files and the scripts."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name in ("rootfs", "scripts/enroll", "scripts/record-state"):
            tar.add(GUEST / name, name)
    lines = base64.encodebytes(packed.getvalue()).decode()
    return f"d=$(mktemp -d)\nbase64 -d <<'E' | tar xz -C $d\n{lines}E\n"


def script(owner: str = "") -> str:
    """The shell script, run as root. owner: who undoes it; then what the machine is like is noted first."""
    note = f"sh $d/scripts/record-state\nprintf %s {shlex.quote(owner)} >/var/lib/lab-before/owner" if owner else ":"
    return f"set -e\n{ALONE}{unpack()}{note}\nsh $d/scripts/enroll $d/rootfs >&2\nrm -r $d\n"


def undo(extent: str) -> str:
    """The script that puts it back: `lab` as before this lab, `all` as before the first."""
    return ALONE + (GUEST / "scripts" / "undo").read_text().replace("what=$1", f"what={extent}", 1)
