"""Commands of a class's server: the board, and the cards with which learners enter. They are part of `lab class`."""

import os
import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.classes.course import Course, find
from provisioner.cli.classes import class_, course_name, lab_option, learners
from provisioner.cli.output import adapt_commands, echo, show_json
from provisioner.content.lab import load
from provisioner.core import umask
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home, labs_folders

if TYPE_CHECKING:
    from provisioner.page.view import Subject

_PORT = 8443
_WILDCARDS = ("0.0.0.0", "::")  # noqa: S104 - to refuse them
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
listen_option = click.option("--listen", metavar="ADDRESS[:PORT]", help="Serve there, for other computers.")
certificate_option = click.option("--certificate", type=click.Path(path_type=Path, dir_okay=False, exists=True), metavar="FILE",
                                  help="A PEM file with a certificate and its key (default: one is made).")  # fmt: skip


@dataclass(frozen=True)
class _Place:
    """Where a class is served. certificate: none on this computer's own address."""

    host: str
    port: int
    certificate: Path | None

    @property
    def address(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{self.port}"


@class_.command(epilog="\b\nExamples:\n  lab class board spring\n  lab class board spring --listen 192.0.2.10")
@course_name
@lab_option
@listen_option
@certificate_option
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
def board(name: str, number: int | None, listen: str | None, certificate: Path | None, no_browser: bool) -> None:
    """Serve the learners' pages and the board, which shows where everybody is.

    The board's address holds a key: it is the trainer's. Learners enter with the codes of their cards (`lab class cards`). It
    listens on this computer only, unless an address is named; then it speaks TLS. Ctrl-C ends it, and leaves the machines.
    """
    from provisioner.classes import site
    from provisioner.classes.desk import Desk
    from provisioner.page import parts

    course, home = find(name), Home.find()
    place = _find_place(course, home, listen, certificate)
    desk, lab = Desk(home, course.name), course.lab_number(number)
    desk.codes(learner.slug for learner in course.learners)
    token = desk.begin_trainer()
    trust = bool(click.get_current_context().find_root().params["trust"])
    settings = site.Settings(course, lab, desk, lambda slug: _make_subject(course, lab, slug), parts.find(home),
                             max(2, os.cpu_count() or 2), trust)  # fmt: skip

    def show_address(scheme: str, port: int) -> None:
        address = f"{place.address.rpartition(':')[0]}:{port}"
        echo(f"\nThe board of class {course.name}: {address}/board?token={token}")
        echo(f"Learners enter at {address}\nCtrl-C ends it, and leaves the machines.")
        sys.stdout.flush()
        if not no_browser and not webbrowser.open(f"{address}/board?token={token}"):
            echo("There is no browser to open here: open the address in one.")

    try:
        site.serve(settings, place.host, place.port, place.certificate, show_address)
    except OSError as error:
        raise UsageError(f"{place.host} port {place.port} cannot be served: {error.strerror}",
                         hint="another address or port: --listen ADDRESS:PORT") from None  # fmt: skip
    except KeyboardInterrupt:
        echo(f"\nThe board has ended. The machines run on: `lab class stop {name}` suspends them.")


@class_.command(epilog="\b\nExamples:\n  lab class cards spring --listen 192.0.2.10 -o cards.html\n"
                "  lab class cards spring --seat anna --new")  # fmt: skip
@course_name
@learners
@listen_option
@certificate_option
@click.option("--new", is_flag=True, help="Make other codes. Who has entered with the old one is shown out.")
@click.option("-o", "--output", "file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write HTML.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def cards(
    name: str, names: tuple[str, ...], listen: str | None, certificate: Path | None, new: bool, file: Path | None, as_json: bool
) -> None:  # fmt: skip
    """Print a card for each learner: address, code, QR code."""
    from provisioner.classes import cards as pages
    from provisioner.classes import certificate as certificates
    from provisioner.classes.desk import Desk, format_code

    course, home = find(name), Home.find()
    desk, selection = Desk(home, course.name), course.select(names)
    if new:
        for learner in selection:
            desk.renew(learner.slug)
    codes = desk.codes(learner.slug for learner in selection)
    place = _find_place(course, home, listen, certificate)
    fingerprint = certificates.fingerprint(place.certificate) if place.certificate else ""
    if as_json:
        facts = {"address": place.address, "fingerprint": fingerprint}
        show_json([{"learner": x.name, "slug": x.slug, "code": codes[x.slug], **facts} for x in selection])
        return
    if file is None:
        width = max(len(learner.name) for learner in selection)
        for learner in selection:
            echo(f"{learner.name:<{width}}  {format_code(codes[learner.slug])}")
        echo(f"\nat {place.address}; with -o cards.html as a page for paper")
        return
    title = ", ".join(lab.manifest.title for lab in course.labs())
    page = pages.make(course.name, title, place.address, fingerprint, [(x.name, codes[x.slug]) for x in selection])
    umask.write(file, page)
    echo(f"{len(selection)} cards are in {file}: print it. The codes are keys; keep it as such.")


def _find_place(course: Course, home: Home, listen: str | None, certificate: Path | None) -> _Place:
    """Raises UsageError."""
    from provisioner.classes import certificate as certificates

    text = listen or course.file.listen or "127.0.0.1"
    host, port = _parse_address(text)
    if host in _WILDCARDS:
        hint = "name the one of this computer: --listen 192.0.2.10"
        raise UsageError(f"{host} is no address that somebody can type", hint=hint)
    if host in _LOOPBACK and not certificate:
        return _Place("127.0.0.1" if host == "localhost" else host, port, None)
    if certificate:
        certificates.fingerprint(certificate)
        return _Place(host, port, certificate)
    return _Place(host, port, certificates.ensure(home.state / "classes" / f"{course.name}.pem", host))


def _parse_address(text: str) -> tuple[str, int]:
    """Of `192.0.2.10:8443`, `[2001:db8::1]:8443`, either without a port, or a name. Raises UsageError."""
    has_port = "]:" in text or text.count(":") == 1
    host, colon, port = text.rpartition(":") if has_port else (text, "", "")
    host = host.strip("[]")
    if not host or (colon and not (port.isdigit() and int(port) < 1 << 16)):
        raise UsageError(f"{text!r} is no address", hint="as in --listen 192.0.2.10:8443")
    return host, int(port) if colon else _PORT


def _make_subject(course: Course, number: int, slug: str) -> "Subject":
    """The lab at a learner's seat, with its values. Raises UsageError where it is not up."""
    from provisioner.checks.reachability import ways_of
    from provisioner.content import variation
    from provisioner.page.view import Subject

    learner = next((x for x in course.learners if x.slug == slug), None)
    if learner is None:
        raise UsageError("you are not on the roster of this class any more", hint=f"it is {course.folder / course.file.roster}")
    lab, seat = load(labs_folders(), str(number)), course.seat(number, learner)
    record = seat.read()
    if record is None:
        raise UsageError("your machine is not up: ask your trainer", hint=f"lab class up {course.name} --seat {slug}")
    if record.variation:
        lab = variation.of(Home.find(), lab, record.variation)
    predictable = frozenset(exercise.entry.id for exercise in lab.exercises if ways_of(exercise))
    return Subject(lab, seat, adapt_commands, predictable, course.name)
