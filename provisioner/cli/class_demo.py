"""`lab class demo`: the trainer shows something, and the learners' pages list each command. It is part of `lab class`."""

import subprocess
import sys

import click

from provisioner.classes import batch
from provisioner.classes.batch import Task
from provisioner.classes.course import Course, find
from provisioner.classes.desk import Desk
from provisioner.cli import class_server  # noqa: F401 - the other commands of `lab class`
from provisioner.cli.classes import class_, course_name, lab_option, up_words
from provisioner.cli.options import require_running
from provisioner.cli.output import echo
from provisioner.content.lab import Lab, load
from provisioner.core.errors import LabError, MachineError, UsageError
from provisioner.core.paths import Home, labs_folders
from provisioner.core.progress import say
from provisioner.seats import ssh
from provisioner.seats.seat import Seat

__all__ = ["class_"]


@class_.command(epilog="\b\nExamples:\n  lab class demo spring\n  lab class demo spring --clear")
@course_name
@lab_option
@click.option("--seat", "seat_name", default="demo", show_default=True, metavar="NAME", help="The seat that is yours.")
@click.option("--clear", is_flag=True, help="Remove the list from the learners' pages, and exit.")
def demo(name: str, number: int | None, seat_name: str, clear: bool) -> None:
    """Open a shell whose commands the learners' pages list.

    It is on a seat of the trainer's, which is started if it is not up. Each command that is entered appears within a second:
    neither what it prints nor what is typed into it, and no command that begins with a space. Ctrl-D ends the shell; the list
    stays, for learners who come late.
    """
    from provisioner.classes.demo import Follower, shell_command

    course = find(name)
    desk = Desk(Home.find(), course.name)
    if clear:
        desk.clear_demo()
        echo(f"The learners' pages of class {course.name} list no commands any more.")
        return
    lab = load(labs_folders(), str(course.lab_number(number)))
    seat = _start(course, lab, seat_name)
    follower = Follower(seat, desk.note_command)
    follower.wait_ready()
    say("· The learners see the commands that you enter; a space in front keeps one to yourself. Ctrl-D ends it.")
    try:
        sys.stdout.flush()
        code = subprocess.run(shell_command(seat, follower.file), check=False).returncode
    finally:
        follower.finish()
    if follower.problem:
        say(f"! the list ends early: {follower.problem}")
    if code == ssh.SSH_FAILED:
        raise MachineError("the machine does not answer by SSH", hint=f"lab status; lab class demo {name}")
    echo(f"{follower.count} commands are listed on the learners' pages: `lab class demo {name} --clear` removes the list.")
    echo(f"The machine runs on: `lab destroy {lab.number} --seat {seat_name}` removes it.")


def _start(course: Course, lab: Lab, seat_name: str) -> Seat:
    """The seat, which is up. Raises UsageError for a learner's, and LabError where it does not start."""
    from provisioner.cli.options import find_seat
    from provisioner.host.select_driver import default

    if seat_name in {course.seat_name(learner) for learner in course.learners}:
        raise UsageError(f"{seat_name} is the seat of a learner", hint="take one of your own: --seat demo")
    seat = find_seat(lab, seat_name)
    task = Task(seat_name, up_words(course, lab, seat, seat_name, course.file.driver or default(say)))
    trust = bool(click.get_current_context().find_root().params["trust"])
    (result,) = batch.run([task], 1, f"Starting the seat {seat_name} of lab {lab.number}", trust=trust)
    if result.error:
        raise LabError(result.error, hint=result.hint)
    return require_running(lab, seat_name)
