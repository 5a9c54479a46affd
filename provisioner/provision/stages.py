"""What a lab's machine is, and what makes it: from a bare image to the lab's beginning, and on past solved exercises."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from provisioner.content.lab import Exercise, Lab
from provisioner.core.errors import MachineError, UsageError
from provisioner.core.model import Spec
from provisioner.core.progress import Step
from provisioner.drivers.base import Driver
from provisioner.provision import ansible, docker_images
from provisioner.provision.layer_store import Stage
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

AS_LEARNER = "setpriv --reuid=learner --regid=learner --init-groups --reset-env"


def spec_of(lab: Lab) -> Spec:
    m = lab.manifest
    return Spec(
        m.machine.cpus, m.machine.memory, m.machine.disk, m.internet,
        forwards=tuple(sorted(s.port for s in m.services.values() if s.proto == "tcp")),
    )  # fmt: skip


def stages(lab: Lab, driver: Driver, solved: Sequence[Exercise] = ()) -> tuple[list[Stage], list[Stage]]:
    """From a bare image to the lab's beginning, and on to where some exercises are solved: what a layer is stored of,
    and what is done on each machine anew (solutions, of which a boot would leave half)."""
    beginning = [_docker_stage(lab), _lab_stage(lab)] if driver.info.playbooks else [_bare_stage(), _scripted_stage(lab)]
    solutions = [_solved_stage(e) for e in solved]
    match driver.info.layers:
        case "none":
            return [], beginning + solutions
        case "disk":
            return beginning, solutions
        case "memory":
            return beginning + solutions, []


def _docker_stage(lab: Lab) -> Stage:
    base, roles = lab.shared("base.yml"), lab.shared("roles")

    def work(seat: Seat, bar: Step) -> None:
        ansible.run(seat, base, roles, {}, bar)

    return Stage("Installing Docker with Ansible", "docker", (base, *_roles(_plays(base), roles)), work, survives_reboot=True)


def _lab_stage(lab: Lab) -> Stage:
    roles, m = lab.shared("roles"), lab.manifest
    topology = repr((m.networks, m.services, m.machine, m.containers))
    pictures = [lab.shared(f"images/{name}") for name in m.containers]
    sources = [f for f in sorted(lab.folder.iterdir()) if f.name in ("setup.yml", "files", "templates")]

    def play(seat: Seat, bar: Step) -> None:
        ansible.run(seat, lab.playbook, roles, variables(lab), bar)

    def work(seat: Seat, bar: Step) -> None:
        for folder in pictures:
            bar.detail(f"the container image lab/{folder.name}")
            docker_images.build(seat, folder)
        play(seat, bar)

    plays = _plays(lab.playbook)
    # What comes after a boot in the playbook is for each boot.
    boots = any("ansible.builtin.reboot" in task for entry in plays for task in entry.get("tasks", []))
    return Stage(
        f"Setting up lab {lab.number} with Ansible", lab.slug, (*sources, *pictures, *_roles(plays, roles), topology), work,
        survives_reboot=True, after_boot=play if boots else None,
    )  # fmt: skip


def _bare_stage() -> Stage:
    return Stage("Preparing the machine", "bare", (), lambda *_: None, survives_reboot=True)


def _scripted_stage(lab: Lab) -> Stage:
    """In the place of the playbook, for machines that Ansible cannot set up (drivers/fake.py)."""
    script = lab.playbook.with_suffix(".sh")
    topology = json.dumps(variables(lab))
    body = f"draw {shlex.quote(topology)}\n{script.read_text(encoding='utf-8') if script.exists() else ''}"
    return Stage(
        f"Setting up lab {lab.number}", lab.slug, (body,), lambda seat, _: ssh.run(seat, "sh", "-s", input=body),
        survives_reboot=True,
    )  # fmt: skip


def _solved_stage(exercise: Exercise) -> Stage:
    solution = exercise.solutions[0]
    name = f"{exercise.lab.number}.{exercise.number}"
    return Stage(f"Solving {name}", f"{name} solved", (solution,), lambda seat, _: apply(seat, solution))


def variables(lab: Lab) -> dict[str, object]:
    """What the lab's playbook gets from its manifest."""
    shape = asdict(lab.manifest)
    return {"lab_networks": shape["networks"], "lab_services": shape["services"]}


def _plays(playbook_file: Path) -> list[dict[str, Any]]:
    """Raises UsageError for what is no playbook."""
    import yaml

    try:
        plays = yaml.safe_load(playbook_file.read_text(encoding="utf-8")) or []
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{playbook_file} is no YAML", evidence=str(error)) from None
    if not isinstance(plays, list) or not all(isinstance(play, dict) for play in plays):
        raise UsageError(f"{playbook_file} is no playbook", evidence="a playbook is a list of plays, each with `hosts:`")
    return plays


def _roles(plays: list[dict[str, Any]], roles: Path) -> list[Path]:
    """The folders of the roles that plays name: a changed role changes only what stands on it."""
    return [roles / (r if isinstance(r, str) else r["role"]) for play in plays for r in play.get("roles", [])]


def apply(seat: Seat, script: Path) -> str:
    """Runs a submission as the learner would: in a login shell, with sudo at hand. Returns its output.

    It goes through the tool's own connection, and without a session of PAM: each takes seconds on an emulated machine.
    """
    shell = ("sh", "-c", f"cd ~learner && exec {AS_LEARNER} bash -l -s")
    result = ssh.run(seat, *shell, input=script.read_text(encoding="utf-8"), timeout=300, check=False)
    if result.code:
        raise MachineError(f"{script.name} ended with code {result.code}", evidence=f"{result.out}\n{result.err}")
    return result.out + result.err
