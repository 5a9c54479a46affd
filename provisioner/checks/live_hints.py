"""Selects the hints that fit the current state of the machine, as probes and commands show it."""

from provisioner.checks.net import Net
from provisioner.checks.probe_client import Prober
from provisioner.content.expectation import parse_expectation
from provisioner.content.lab import Exercise
from provisioner.content.manifest import When
from provisioner.core.errors import LabError
from provisioner.core.outcome import CannotTell
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

PATIENCE = 30.0  # seconds for a command


def select_hints(exercise: Exercise, seat: Seat) -> list[str]:
    """The hints of the situations that hold now. None if the machine does not answer."""
    if not exercise.entry.hint_when:
        return []
    with Prober(seat) as prober:
        net = Net(exercise.lab.manifest, seat.nonce, prober)
        return [situation.hint for situation in exercise.entry.hint_when if _holds(situation, net, seat)]


def _holds(situation: When, net: Net, seat: Seat) -> bool:
    try:
        if situation.command and ssh.run(seat, "sh", "-c", situation.command, timeout=PATIENCE, check=False).code:
            return False
        expectations = [e for sentence in situation.probes if (e := parse_expectation(sentence))]
        return all(o.good for o in net.observe(*expectations)) if expectations else True
    except (LabError, CannotTell):
        return False
