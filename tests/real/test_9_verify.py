"""The labs themselves: what an author would be told. In system containers, so without those about the machine's own kernel."""

import json
import os
import shutil
import subprocess
from datetime import date
from pathlib import Path

import pytest

from provisioner.content.lab import lab_folders
from provisioner.content.lab import load as load_lab
from provisioner.core.paths import labs_folders
from provisioner.verify.selection import take_share

from .conftest import Cli, has_time, only, require_time

PARTS = 24  # of the labs' exercises, each about a minute and a half: another one each day


@pytest.fixture(scope="module")
def numbers() -> list[str]:
    """The labs that system containers can have."""
    require_time(in_ci=True)
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        pytest.skip("system containers need root, and Debian's packages")
    labs = [load_lab(labs_folders(), str(number)) for number in lab_folders(labs_folders())]
    return [str(lab.number) for lab in labs if not lab.own_kernel]


@pytest.fixture(scope="module")
def share() -> tuple[int, int]:
    """All of it where all was asked for: that takes half an hour."""
    return (1, 1) if has_time() else (date.today().toordinal() % PARTS + 1, PARTS)


def test_every_wrong_solution_is_rejected_and_every_right_one_accepted(
    numbers: list[str], share: tuple[int, int], cli: Cli
) -> None:
    rows = cli.json("verify", *numbers, "--driver", "lxc", "--shard", f"{share[0]}/{share[1]}")
    tried = {(row["exercise"], row["what"]) for row in rows}
    exercises = [e for number in numbers for e in load_lab(labs_folders(), number).exercises]
    for exercise in take_share(exercises, *share):
        name = f"{exercise.lab.number}.{exercise.number}"
        assert {(name, f"wrong/{script.name}") for script in exercise.wrong} <= tried
        assert {(name, script.name) for script in exercise.solutions} <= tried
    assert all(row["good"] for row in rows)


def test_a_wrong_solution_that_is_right_is_told(cli: Cli, numbers: list[str], tmp_path: Path) -> None:
    """A wrong solution that is right: the trial must say so, and the command end with 1."""
    require_time()  # tests/contract/test_verify.py has it with fake machines
    with only(tmp_path, "published-port", "append.sh", "ufw-deny.sh", "input-drop.sh", "stop-docker.sh") as folder:
        shutil.copy(folder / "solution.sh", folder / "wrong" / "right.sh")
        rows = cli.json("verify", "3.2", "--driver", "lxc", expect=1)
    assert [row["what"] for row in rows if not row["good"]] == ["wrong/right.sh"]


def test_what_hangs_on_docker_has_started_when_a_restart_is_over(cli: Cli, numbers: list[str], tmp_path: Path) -> None:
    """Between Docker's start and the unit's rule the worker gets out, here for some seconds: no time for a verdict."""
    require_time()
    with only(tmp_path, "egress", "forward-accept.sh", "forward-policy.sh", "output.sh", "rule-only.sh") as folder:
        unit = folder.parents[1] / "files" / "old-firewall.service"
        lines = unit.read_text(encoding="utf-8").splitlines(keepends=True)
        makes = next(number for number, line in enumerate(lines) if "iptables -I" in line)
        unit.write_text("".join([*lines[:makes], "ExecStart=/usr/bin/sleep 4\n", *lines[makes:]]), encoding="utf-8")
        rows = cli.json("verify", "3.5", "--driver", "lxc")
    assert {row["what"]: row["outcome"] for row in rows}["wrong/forward-accept.sh"] == "not yet"


# Narrowed solutions that are right after all: the exercise, and a part of the line that was changed.
RIGHT_AFTER_ALL = {  # by the state that exercises before have left, too
    "3.4": "--sport 1024:65535",  # from low ports ufw denies them anyway
    "3.5": "-D DOCKER-USER",  # which the unit's removal does as well, and the other way round
    "3.6": "docker inspect",  # asked at each boot, by the script that runs then
    "4.4": "-A ARCHIVE -p tcp -j DROP",  # nothing else comes to that chain
    "5.4": "meta l4proto tcp drop",  # the rest Docker's policy drops
    "6.1": "-s 198.51.100.20",  # the owner gets in, and containers are not made anew
    "6.2": "meta l4proto tcp drop",  # the rest Docker's policy drops
    "7.3": "-o br-staff !",  # Docker lets nobody across
    "8.3": "established,related accept",  # which are accepted a line below
}


@pytest.mark.parametrize("number", ["3", "4", "5", "6", "7", "8"])
def test_no_narrowed_solution_is_accepted(cli: Cli, numbers: list[str], number: str) -> None:
    """Wrong solutions that nobody wrote. What is accepted is a blind spot, or right after all, and then listed."""
    require_time()
    assert number in numbers
    with subprocess.Popen(
        cli.command("verify", number, "--adversary", "6", "--driver", "lxc", "--json"), env=cli.environment, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    ) as verify:  # fmt: skip
        rows = json.loads(verify.communicate(timeout=3600)[0])
    accepted = [row for row in rows if row["outcome"] == "done" and row["wanted"] == "not yet"]
    unknown = [row for row in accepted if RIGHT_AFTER_ALL.get(row["exercise"], "?!") not in row["lines"][0]]
    assert [(row["exercise"], row["lines"][0]) for row in unknown] == []
    assert sum(row["outcome"] == "not yet" for row in rows) > len(rows) / 2, "most can be tried"
