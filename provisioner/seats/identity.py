"""What makes a machine the seat's own: keys, nonce, clock, random numbers. Given by the driver at every start.

A stored layer has none of it: strip() takes it away before the layer is stored.
"""

import secrets
import shlex
import time

from provisioner.seats.seat import Seat

# Static pages of the lab's services (containers and zones serve them): /var/lib/lab/services/NAME/index.html
PRIVATE = 0o600
SERVICES = "/var/lib/lab/services"


def script(seat: Seat, now: float | None = None) -> str:
    """The shell script, run as root in the guest. Builtins instead of programs: each fork is 15 ms when emulated."""
    return f"""
date -s @{now or time.time():.3f} >/dev/null
printf %s {secrets.token_hex(32)} >/dev/urandom
{files(seat)}"""


def texts(seat: Seat) -> dict[str, tuple[int, str]]:
    """The files that make a machine the seat's own, each with its mode."""
    return {
        "/etc/lab/host_key": (PRIVATE, seat.host_key.read_text()),
        "/etc/lab/authorized_keys": (0o644, seat.key.with_suffix(".pub").read_text().strip() + "\n"),
        "/etc/machine-id": (0o644, secrets.token_hex(16) + "\n"),
        "/etc/lab/nonce": (0o644, seat.nonce + "\n"),
    }


def files(seat: Seat) -> str:
    """What of it stands in files, as a script."""
    lines = [
        f"umask {0o077 if mode == PRIVATE else 0o022:03o}\nprintf %s {shlex.quote(text)} >{name}"
        for name, (mode, text) in texts(seat).items()
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
    """Removes the identity. What the first commands of a learner need is read into memory before."""
    return """
docker ps >/dev/null 2>&1
/usr/sbin/sshd -i -f /etc/lab/sshd_config </dev/null >/dev/null 2>&1
rm -f /etc/lab/host_key /etc/lab/authorized_keys /etc/lab/nonce
sync
"""


def admit(seat: Seat) -> str:
    """For a machine without a management network: the seat's key opens its ordinary sshd. Its output ends with its host key."""
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


def take_host_key(seat: Seat, said: str) -> None:
    """Pins the host key that an admitted machine said over a connection that was trusted already."""
    seat.host_key.with_suffix(".pub").write_text(said.strip().splitlines()[-1] + "\n")
