"""The command bundle: packs what labs need on a host without a network, shows and installs it."""

import re
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.options import as_json, assume_yes, find_target
from provisioner.cli.output import echo, show_json
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home
from provisioner.core.progress import say, tell

if TYPE_CHECKING:
    from provisioner.bundle.archive import Bundle
    from provisioner.bundle.signature import Verdict

_SIZE = re.compile(r"(\d+)([KMGT]?)(?:i?B)?", re.IGNORECASE | re.ASCII)
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_SMALLEST_PART = 64 << 10  # bytes
_MOST_NAMES = 3  # of parts, that are printed

bundle_file = click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
signer_option = click.option("--signer", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
                             help="The public key, or a file as allowed_signers, that must have signed it.")  # fmt: skip


class _PackByDefault(click.Group):
    """`lab bundle 3 4` is `lab bundle make 3 4`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_PackByDefault, epilog="\b\nExamples:\n  lab bundle 3 4 5 -o course.lab\n"
             "  lab bundle show course.lab\n  lab bundle install course.lab --signer trainer.pub")  # fmt: skip
def bundle() -> None:
    """Pack labs for hosts without a network, and install them.

    `lab bundle 3 4 5 -o course.lab` packs images, prepared layers, labs of your own and the page's parts. With course.lab and
    the project, a host without a network starts these labs.
    """


def _parse_size(text: str) -> int:
    match = _SIZE.fullmatch(text.strip())
    size = int(match[1]) << _UNITS[match[2].upper()] if match else 0
    if size < _SMALLEST_PART:
        raise UsageError(f"{text!r} is no size of a part", hint="a number of bytes of 64K or more, as 2G, 700M")
    return size


@bundle.command(epilog="\b\nExamples:\n  lab bundle 3 4 5 -o course.lab\n  lab bundle 3 -o course.lab --key ~/.ssh/id_ed25519\n"
                "  lab bundle 3 4 -o course.lab --part-size 2G --with-python --with-packages")  # fmt: skip
@click.argument("targets", metavar="LAB...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="FILE", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="The bundle's file; its signature goes beside it, to FILE.sig.")  # fmt: skip
@click.option("--key", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Sign it with this SSH key.")
@click.option("--part-size", metavar="SIZE", help="Write FILE.001, FILE.002 ... of at most SIZE each: 2G, 700M.")
@click.option("--driver", metavar="NAME", help="As for `lab up`: whose layers are packed.")
@click.option("--image", metavar="NAME", help="Use this image instead of the labs' default.")
@click.option("--with-python", is_flag=True, help="Pack wheels of the Python packages that lab needs, too.")
@click.option("--with-packages", is_flag=True, help="Pack the distribution's packages of QEMU, too (Debian, Ubuntu).")
@click.option("--without-page", is_flag=True, help="Leave out the page's parts (lab page).")
@assume_yes
@as_json
def make(
    targets: tuple[str, ...], output: Path, key: Path | None, part_size: str | None, driver: str | None, image: str | None,
    with_python: bool, with_packages: bool, without_page: bool, yes: bool, as_json: bool,
) -> None:  # fmt: skip
    """Pack what labs need (`make` may be left out).

    What is not prepared yet is prepared first, as by `lab up`. Layers that labs share are packed once. The other host needs the
    same version of the project; layers with a machine's memory also need the same QEMU and kind of processor, and are made
    anew from their disks where those differ.
    """
    from provisioner.bundle import contents, extras, volumes
    from provisioner.bundle.pack import pack, require_place
    from provisioner.drivers.registry import load
    from provisioner.host.install import offer
    from provisioner.host.select_driver import AUTO, default

    start, home = time.monotonic(), Home.find()
    size = _parse_size(part_size) if part_size else 0
    output, key = output.absolute(), key.expanduser() if key else None
    require_place(output, key)
    labs = {lab.number: lab for lab in (find_target(target)[0] for target in targets)}
    machines = load(driver if driver and driver != AUTO else default(say))
    offer(machines.preflight(), yes=yes)
    prepared = [contents.prepare(home, machines, lab, image) for lab in labs.values()]
    packed = contents.collect(home, machines, prepared, with_page=not without_page)
    with extras.folder() as folder, volumes.Writer(output, size) as target:
        if with_python:
            packed.add_files("python", extras.fetch_python(folder / "python"))
        if with_packages:
            packed.add_files("packages", extras.fetch_packages(folder / "packages", machines))
        result = pack(home, packed, machines, target, key)
    seconds = round(time.monotonic() - start, 1)
    if as_json:
        show_json({**asdict(result), "files": [str(file) for file in result.files], "seconds": seconds})
        return
    numbers = ", ".join(map(str, result.labs))
    echo(f"{output.name} has labs {numbers}: {_mib(result.size)}, {_mib(result.unpacked)} unpacked ({seconds} s).")
    echo(f"sha256 of its manifest: {result.sha256}\n")
    names = [file.name for file in result.files]
    listed = names if len(names) <= _MOST_NAMES else [names[0], "...", names[-1]]
    echo(f"Copy {' '.join(listed)}{f' {output.name}.sig' if key else ''} to the other host, and there:\n")
    echo(f"  lab bundle install {names[0]}{' --signer KEY.pub' if key else ' --yes'}")


@bundle.command(epilog="\b\nExamples:\n  lab bundle show course.lab\n  lab bundle show course.lab --signer trainer.pub --json")
@bundle_file
@signer_option
@as_json
def show(file: Path, signer: Path | None, as_json: bool) -> None:
    """Show what is in a bundle, and who signed it.

    Only its manifest is read: `lab bundle install` verifies the rest.
    """
    from provisioner.bundle.archive import Bundle

    with Bundle(file.absolute()) as opened:
        verdict, manifest = _verify(opened, signer), opened.manifest
    sizes: dict[str, int] = {}
    for entry in manifest.entries:
        top = entry.path.partition("/")[0]
        sizes[top] = sizes.get(top, 0) + entry.size
    if as_json:
        show_json({
            "files": [str(path) for path in opened.files], "size": opened.size, "unpacked": manifest.size,
            "sha256": opened.sha256, "key": verdict.key, "signer": verdict.signer, "lab_version": manifest.lab_version,
            "driver": manifest.driver, "architecture": manifest.architecture, "qemu": manifest.qemu,
            "labs": [{"number": lab.number, "title": lab.title} for lab in manifest.labs],
            "images": [image.id for image in manifest.images], "sizes": sizes,
            "layers": [{"folder": layer.folder, "stage": layer.stage} for layer in manifest.layers],
        })  # fmt: skip
        return
    rows = {f"lab {lab.number}": lab.title for lab in manifest.labs} | {top: _mib(size) for top, size in sizes.items()}
    width = max(map(len, rows))
    for name, text in rows.items():
        echo(f"{name:<{width}}  {text}")
    qemu = f", QEMU {manifest.qemu}" if manifest.qemu else ""
    origin = f"made by lab {manifest.lab_version} for {manifest.architecture}, driver {manifest.driver}{qemu}"
    echo(f"\n{_mib(opened.size)}, {_mib(manifest.size)} unpacked; {origin}")
    echo(f"sha256 of its manifest: {opened.sha256}\n{_tell(verdict)}")


@bundle.command(
    epilog="\b\nExamples:\n  lab bundle install course.lab --signer trainer.pub\n  lab bundle install course.lab.001 --yes"
)
@bundle_file
@signer_option
@assume_yes
@as_json
def install(file: Path, signer: Path | None, yes: bool, as_json: bool) -> None:
    """Verify a bundle and install it, without a network.

    Nothing is put into place before all of it is verified, and no layer that works is replaced. A bundle is a program, as a lab
    is: without --signer you are asked whether you trust it. It can be interrupted and repeated.
    """
    from provisioner.bundle import extras
    from provisioner.bundle import install as work
    from provisioner.bundle.archive import Bundle

    start, home = time.monotonic(), Home.find()
    with Bundle(file.absolute()) as opened:
        verdict = _verify(opened, signer)
        say(f"· {_tell(verdict)}")
        if not verdict.signer and not yes:
            _require_trust(opened)
        outcomes, driver_name = work.install(home, opened), opened.manifest.driver
    places = work.extras(home)
    seconds = round(time.monotonic() - start, 1)
    if as_json:
        show_json({"labs": [{"number": o.number, "state": o.state, "reason": o.reason} for o in outcomes], "seconds": seconds,
                   "driver": driver_name, "key": verdict.key, "signer": verdict.signer,
                   "extras": {name: str(place) for name, place in places.items()}})  # fmt: skip
        return
    for name, place in places.items():
        echo(extras.use(name, place))
    echo(f"{file.name} is installed ({seconds} s).\n")
    for outcome in outcomes:
        command = f"lab up {outcome.number}{_driver_option(driver_name)}{outcome.options}"
        echo(f"  {command:<22} {outcome.title}" + (f"  (not ready: {outcome.reason})" if outcome.state == "later" else ""))


def _verify(opened: "Bundle", signer: Path | None) -> "Verdict":
    from provisioner.bundle import signature, volumes

    return signature.verify(opened.content, volumes.signature_of(opened.base), signer)


def _tell(verdict: "Verdict") -> str:
    if verdict.signer:
        return f"signed by {verdict.signer} ({verdict.key})"
    return f"signed with {verdict.key}, which --signer has not named" if verdict.key else "it is not signed"


def _require_trust(opened: "Bundle") -> None:
    """Raises UsageError where the user does not trust a bundle whose maker is not known."""
    name = opened.base.name
    if not sys.stdin.isatty() or not sys.stderr.isatty():
        raise UsageError(
            f"nobody vouches for {name}", evidence=f"sha256 of its manifest: {opened.sha256}",
            hint="compare that with what `lab bundle` told its maker; then --yes, or --signer FILE for a signed one",
        )  # fmt: skip
    tell(f"What is in {name} runs on this host: in virtual machines, and in your browser. sha256 of its manifest:\n\n")
    tell(f"    {opened.sha256}\n\n")
    if not click.confirm("Is that what its maker has told you?", default=False, err=True):
        raise UsageError("nothing was installed", hint="--signer FILE names the key of a maker whom you trust")


def _driver_option(name: str) -> str:
    from provisioner.drivers.registry import EMBEDDED
    from provisioner.host.select_driver import configured

    return "" if name in (configured() or EMBEDDED,) else f" --driver {name}"


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.1f} MiB" if size < 10 << 20 else f"{size >> 20} MiB"
