"""Detects copied answers: those that contain another seat's values (see provisioner/content/variation.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from provisioner.content import variation
from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import LabError
from provisioner.core.outcome import Verdict
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

PATIENCE = 60.0  # seconds
MAX_BYTES = 256 << 10  # bytes of a file, or of what a program says
# Reads what a learner's answer consists of. The verdict does not depend on it: the probes decide that. Only regular files are
# read: a device or a pipe may never end.
_READ_ANSWERS = f"""
set -- /etc/ufw/*.rules /etc/docker/daemon.json /etc/systemd/system/*.service /home/learner/*/*.y*ml /home/learner/*.sh \
    /usr/local/sbin/* /usr/local/bin/*
for file; do if [ -f "$file" ]; then timeout 5 head -c {MAX_BYTES} -- "$file"; echo; fi; done
for look in iptables-save ip6tables-save 'nft list ruleset' "docker ps --format '{{{{.Ports}}}}'"; do
    timeout 20 sh -c "$look" | head -c {MAX_BYTES}
done
"""


def annotate_copies(lab: Lab, seat: Seat, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Returns the verdicts. A "not yet" gets an extra line if the machine contains a value that only other seats have."""
    foreign_values = variation.foreign(lab)
    if not foreign_values or not any(v.outcome == "not yet" for v in verdicts):
        return list(verdicts)
    try:
        command = f"{{ {_READ_ANSWERS} }} 2>/dev/null | head -c {ssh.MAX_BYTES // 2}"
        answer = ssh.run(seat, "sh", "-c", command, timeout=PATIENCE, check=False).out
    except LabError:  # reported already: the machine does not answer
        return list(verdicts)
    values = {value: foreign_values[value] for value in variation.mentioned(answer, foreign_values)}
    return [replace(v, lines=(*v.lines, *_describe_copies(lab, v, values))) if v.outcome == "not yet" else v for v in verdicts]


def _describe_copies(lab: Lab, verdict: Verdict, values: Mapping[str, str]) -> list[str]:
    """values: those of other seats, each with this seat's value."""
    exercise_text = _read_texts(lab.exercises[verdict.number - 1])
    return [
        f"copied? {value} is another seat's, where yours has {own_value}"
        for value, own_value in values.items()
        if variation.mentioned(exercise_text, {own_value: value})
    ]


def _read_texts(exercise: Exercise) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in (exercise.task, *exercise.solutions))
