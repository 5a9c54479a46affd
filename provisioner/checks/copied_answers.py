"""Tells a copied answer from a wrong one: one that has another seat's values in it (see provisioner/content/variation.py)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from provisioner.content import variation
from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import LabError
from provisioner.core.outcome import Verdict
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

PATIENCE = 60.0  # seconds
MOST = 256 << 10  # bytes of a file, or of what a program says
# What a learner's answer is made of. The verdict does not depend on it: packets have decided that. Only files: what else may
# lie there (a device, a pipe) has no end.
_LOOK = f"""
set -- /etc/ufw/*.rules /etc/docker/daemon.json /etc/systemd/system/*.service /home/learner/*/*.y*ml /home/learner/*.sh \
    /usr/local/sbin/* /usr/local/bin/*
for file; do if [ -f "$file" ]; then timeout 5 head -c {MOST} -- "$file"; echo; fi; done
for look in iptables-save ip6tables-save 'nft list ruleset' "docker ps --format '{{{{.Ports}}}}'"; do
    timeout 20 sh -c "$look" | head -c {MOST}
done
"""


def noted(lab: Lab, seat: Seat, verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts, those that are not yet with a line more, where the machine has a value in it that only other seats have."""
    others = variation.foreign(lab)
    if not others or not any(v.outcome == "not yet" for v in verdicts):
        return list(verdicts)
    try:
        look = f"{{ {_LOOK} }} 2>/dev/null | head -c {ssh.MOST // 2}"
        answer = ssh.run(seat, "sh", "-c", look, timeout=PATIENCE, check=False).out
    except LabError:  # a machine that does not answer has been told of already
        return list(verdicts)
    values = {value: others[value] for value in variation.mentioned(answer, others)}
    return [replace(v, lines=(*v.lines, *_copied(lab, v, values))) if v.outcome == "not yet" else v for v in verdicts]


def _copied(lab: Lab, verdict: Verdict, values: Mapping[str, str]) -> list[str]:
    """values: others', each with the one in its place here."""
    about = _speaks_of(lab.exercises[verdict.number - 1])
    return [
        f"copied? {value} is another seat's, where yours has {own}"
        for value, own in values.items()
        if variation.mentioned(about, {own: value})
    ]


def _speaks_of(exercise: Exercise) -> str:
    return "\n".join(file.read_text(encoding="utf-8") for file in (exercise.task, *exercise.solutions))
