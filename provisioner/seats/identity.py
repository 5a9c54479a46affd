"""The identity of a seat's machine: keys, nonce, clock, random numbers. The driver sets it at every start.

A stored layer has none: strip() removes it before the layer is stored.
"""

import secrets
import shlex
import time

from provisioner.seats.seat import Seat

# Static pages of the lab's services (containers and zones serve them): /var/lib/lab/services/NAME/index.html
PRIVATE = 0o600
SERVICES = "/var/lib/lab/services"


def make_script(seat: Seat, clock: float | None = None) -> str:
    """The shell script that sets the identity, run as root in the guest. Mostly built-ins: a fork takes 15 ms if emulated."""
    return f"""
date -s @{clock or time.time():.3f} >/dev/null
printf %s {secrets.token_hex(32)} >/dev/urandom
{make_files_script(seat)}"""


def make_texts(seat: Seat) -> dict[str, tuple[int, str]]:
    """The files of the identity, each with its mode and text."""
    return {
        "/etc/lab/host_key": (PRIVATE, seat.host_key.read_text()),
        "/etc/lab/authorized_keys": (0o644, seat.key.with_suffix(".pub").read_text().strip() + "\n"),
        "/etc/machine-id": (0o644, secrets.token_hex(16) + "\n"),
        "/etc/lab/nonce": (0o644, seat.nonce + "\n"),
    }


def make_files_script(seat: Seat) -> str:
    """The script that writes the files of the identity."""
    lines = [
        f"umask {0o077 if mode == PRIVATE else 0o022:03o}\nprintf %s {shlex.quote(text)} >{name}"
        for name, (mode, text) in make_texts(seat).items()
    ]
    return "\n".join(["", *lines, nonce(seat)])


def nonce(seat: Seat) -> str:
    """The script that gives the seat's nonce to the machine and to the pages of its services."""
    return f"""
printf '%s\\n' {seat.nonce} >/etc/lab/nonce
for page in {SERVICES}/*/index.html; do
    [ -e "$page" ] || continue
    name=${{page%/*}}; name=${{name##*/}}
    printf '%s %s\\n' "$name" {seat.nonce} >"$page"
done
"""


def strip() -> str:
    """The script that removes the identity. Before, it loads what a learner's first commands need into memory."""
    return """
docker ps >/dev/null 2>&1
/usr/sbin/sshd -i -f /etc/lab/sshd_config </dev/null >/dev/null 2>&1
rm -f /etc/lab/host_key /etc/lab/authorized_keys /etc/lab/nonce
sync
"""


def admit(seat: Seat) -> str:
    """The script that adds the seat's key to the ordinary sshd, without a management network. It prints the host key."""
    public = shlex.quote(seat.key.with_suffix(".pub").read_text().strip())
    return f"""
set -e
for who in root learner; do
    home=$(getent passwd $who | cut -d: -f6)
    install -d -m 700 -o $who -g $who "$home/.ssh"
    touch "$home/.ssh/authorized_keys"
    grep -qxF {public} "$home/.ssh/authorized_keys" || printf '%s\\n' {public} >>"$home/.ssh/authorized_keys"
    chown $who:$who "$home/.ssh/authorized_keys"
    chmod 600 "$home/.ssh/authorized_keys"
done
cat /etc/ssh/ssh_host_ed25519_key.pub
"""


def pin_host_key(seat: Seat, output: str) -> None:
    """Pins the host key in the output of admit(), which came over a trusted connection."""
    seat.host_key.with_suffix(".pub").write_text(output.strip().splitlines()[-1] + "\n")
