"""A bundle on a real host: packed where there is a network, installed and used in a namespace with loopback only."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from provisioner.backends.qemu import arguments

from .conftest import Cli, own_home, require_time

ALL = {1, 2, 3, 4, 5, 6}
BUILT = ("Setting up lab", "Installing Docker", "Storing it")  # what stderr says where a layer is made


@pytest.fixture(scope="module")
def namespace() -> Iterator[list[str]]:
    """What runs a command in a network namespace that has loopback and no route, as long as the module lasts."""
    if os.geteuid() or not shutil.which("unshare") or not shutil.which("nsenter"):
        pytest.skip("a network namespace without a route needs root and util-linux")
    script = "ip link set lo up && echo ready && exec sleep infinity"
    with subprocess.Popen(["unshare", "--net", "sh", "-c", script], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "ready\n"
        yield ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]
        holder.kill()


def offline(words: list[str]) -> type[Cli]:
    """`./lab` in that namespace. Machines live where they were started, so all commands of a home go there."""

    @dataclass(frozen=True)
    class Offline(Cli):
        def command(self, *more: str) -> list[str]:
            return [*words, *super().command(*more)]

        def complaints(self, *more: str, **environment: str) -> str:
            """What it wrote to stderr."""
            done = subprocess.run(
                self.command(*more), env={**self.environment, **environment}, text=True, stdin=subprocess.DEVNULL,
                capture_output=True, timeout=1500, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{done.stderr}\n{done.stdout}"
            return done.stderr

    return Offline


@pytest.fixture(scope="module")
def course(cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed bundle of lab 3, in parts. The key is beside it."""
    folder = tmp_path_factory.mktemp("course")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "trainer", "-f", folder / "key"], check=True)
    told = cli.json("bundle", "3", "-o", str(folder / "course.lab"), "--key", str(folder / "key"), "--part-size", "256M")
    assert told["size"] < told["unpacked"], "it is compressed"
    return Path(told["files"][0])


@pytest.fixture(scope="module")
def room(namespace: list[str], course: Path) -> Iterator[Cli]:
    with own_home(offline(namespace)) as cli:
        told = cli.json("bundle", "install", str(course), "--signer", str(course.with_name("key.pub")))
        assert [lab["state"] for lab in told["labs"]] == ["ready"]
        yield cli


def test_the_namespace_has_no_way_out(namespace: list[str]) -> None:
    assert subprocess.run([*namespace, "ip", "route"], capture_output=True, text=True, check=True).stdout == ""
    links = subprocess.run([*namespace, "ip", "-br", "link"], capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in links.splitlines() if "UNKNOWN" in line or "UP" in line] == ["lo"]


def test_lab_up_begins_with_the_bundles_layers(room: Cli) -> None:
    err = room.complaints("up", "3")  # type: ignore[attr-defined]
    assert not [words for words in BUILT if words in err]
    assert room.run("ssh", "3", "--", "docker ps --format '{{.Names}}'").split(), "its containers run"


def test_the_exercises(room: Cli) -> None:
    assert room.outcomes("3", "--quick", expect=1) == dict.fromkeys(ALL, "not yet")
    room.run("solve", "3.1")
    assert room.outcomes("3.1", "--quick", expect=0) == {1: "done"}


def test_reset_and_a_second_seat(room: Cli) -> None:
    room.run("reset", "3")
    assert "is ready" in room.run("up", "3", "--seat", "second")
    room.run("destroy", "--all")


def test_it_is_installed_again_at_once(room: Cli, course: Path) -> None:
    told = room.json("bundle", "install", str(course), "--signer", str(course.with_name("key.pub")))
    assert [lab["state"] for lab in told["labs"]] == ["ready"]


def test_another_qemu_makes_the_layer_anew_without_the_network(namespace: list[str], course: Path, tmp_path: Path) -> None:
    """The same program, which says that it has another version: what it has not stored itself it does not resume."""
    require_time()
    program = shutil.which(arguments.program()) or pytest.skip("qemu-system is not installed")
    version = ".".join([*arguments.version().split(".")[:2], "99 (of a test)"])  # which takes the same options
    wrapper = tmp_path / arguments.program()
    wrapper.write_text(
        f'#!/bin/sh\n[ "$*" != --version ] || {{ echo "QEMU emulator version {version}"; exit; }}\nexec {program} "$@"\n'
    )
    wrapper.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        with own_home(offline(namespace)) as cli:
            told = cli.json("bundle", "install", str(course), "--signer", str(course.with_name("key.pub")))
            assert [lab["state"] for lab in told["labs"]] == ["remade"]
            assert version in told["labs"][0]["reason"]
            err = cli.complaints("up", "3")  # type: ignore[attr-defined]
            assert not [words for words in BUILT if words in err]
            assert cli.outcomes("3", "--quick", expect=1) == dict.fromkeys(ALL, "not yet")
