"""The jobs for CI services: they fit the services' own schemas, and their steps are run, on fake machines; and what a cancelled
job leaves."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioner.core.paths import Home
from tests.contract.conftest import Cli, wait_for
from tests.contract.labs import write_lab
from tests.contract.test_verify import write_small

ROOT = Path(__file__).parents[2]
GITHUB, GITLAB = ROOT / ".github" / "workflows" / "lab.yml", ROOT / ".gitlab-ci.yml"


def steps() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(GITHUB.read_text())["jobs"]["verify"]["steps"]
    return found


@pytest.mark.parametrize(("file", "schema"), [(GITHUB, "github-workflows"), (GITLAB, "gitlab-ci")])
def test_it_fits_the_published_schema(file: Path, schema: str) -> None:
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def environment(cli: Cli, tmp_path: Path) -> dict[str, str]:
    """What both services give their steps. The labs are trusted, as those that come with a project are."""
    write_small(cli, number=3)
    cli.run("verify", "--all", "--plan")
    return {
        **cli.environment, "CI": "true", "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "SINCE": "", "CI_NODE_TOTAL": "1",
    }  # fmt: skip


def run_step(script: str, environment: dict[str, str], folder: Path) -> None:
    """As a runner does. What is written goes into a folder of the test; lab is that of the checkout."""
    assert "${{" not in script
    script = re.sub(r"^(\s*)\./lab\b", rf"\1{ROOT}/lab", script.replace("$(./lab", f"$({ROOT}/lab"), flags=re.MULTILINE)
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script], env=environment, cwd=folder, capture_output=True, text=True, timeout=300,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"


@pytest.mark.slow
def test_githubs_steps(cli: Cli, environment: dict[str, str], tmp_path: Path) -> None:
    if Path("/dev/kvm").exists() and not os.access("/dev/kvm", os.W_OK):
        pytest.skip("asked for by a host where the first step changes nothing")
    first, *_ = [step["run"] for step in steps() if "run" in step]
    run_step(first, environment, tmp_path)
    for step in steps():
        if "run" in step and step["run"] != first:
            run_step(step["run"], {**environment, "SHARD": "1/1"}, tmp_path)
    assert re.search(r"^key=lab-[0-9a-f]{16}$", (tmp_path / "output").read_text(), re.MULTILINE)
    assert (tmp_path / "report-1.xml").read_text().count("<testcase") > 1
    assert (tmp_path / "summary.md").read_text().count("### lab verify:") == 1
    assert not cli.machines()


@pytest.mark.slow
def test_gitlabs_steps(cli: Cli, environment: dict[str, str], tmp_path: Path) -> None:
    job = yaml.safe_load(GITLAB.read_text())["verify"]
    for line in [*job["before_script"], *job["script"], *job["after_script"]]:
        run_step(line, {**environment, "CI_NODE_INDEX": "1"}, tmp_path)
    assert (tmp_path / "report.md").read_text().count("### lab verify:") == 1


def test_a_cancelled_job_leaves_nothing_that_gc_does_not_remove(cli: Cli, home: Home) -> None:
    """First SIGTERM, as services send it, and SIGKILL soon after."""
    reached = cli.told("start", "hold").with_suffix(".reached")
    with cli.start("verify", "3", "--driver", "fake") as child:
        wait_for(reached.exists)
        os.kill(child.pid, signal.SIGTERM)
        child.kill()
    cli.told("start", "").unlink()
    cli.run("gc")
    assert not cli.machines()
    assert not list((home.state / "verify").glob("[0-9]*/seat.json"))


def test_gc_leaves_what_is_somebodys(cli: Cli) -> None:
    cli.run("up", "3")
    cli.run("save", "3", "mine")
    before = cli.run("status", "--json")
    cli.run("gc")
    assert json.loads(cli.run("status", "--json")) == json.loads(before)
    assert "mine" in cli.run("restore", "3")


def test_gc_ends_a_machine_that_was_handed_to_nobody(cli: Cli) -> None:
    cli.kill_at("start", "up", "3")
    cli.told("start", "").unlink(missing_ok=True)
    cli.run("gc")
    assert not cli.machines()
    cli.run("up", "3")


@pytest.mark.slow
def test_two_jobs_at_once_do_not_meet(cli: Cli, tmp_path: Path) -> None:
    write_small(cli, number=3)
    reports = [tmp_path / "one.xml", tmp_path / "two.xml"]
    jobs = [cli.start("verify", "3", "--junit", str(report)) for report in reports]
    for job in jobs:
        with job:
            job.communicate(timeout=300)
        assert job.returncode == 0
    assert reports[0].read_text().count("<testcase") == reports[1].read_text().count("<testcase") > 0
    assert not cli.machines()


def test_only_labs_that_changed_are_verified(cli: Cli, tmp_path: Path) -> None:
    folder = write_lab(cli.labs, 4, "second-lab")
    for words in (("init", "-q"), ("add", "."), ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "labs")):
        subprocess.run(["git", "-C", str(cli.labs), *words], check=True)
    plan = ("verify", "--all", "--changed-since", "HEAD", "--driver", "fake", "--plan")
    assert "nothing to verify" in cli.said(*plan)[1]
    (folder / "exercises" / "write-report" / "wrong" / "new.sh").write_text("#!/bin/sh\n# nothing\ntrue\n")
    assert {task["before"].partition(".")[0] for task in cli.json(*plan) if "before" in task} == {"4"}
    _, err = cli.said("verify", "--all", "--changed-since", "nowhere", expect=2)
    assert "git cannot compare" in err


@pytest.mark.parametrize("value", ["0/4", "5/4", "1", "a/b", "1/0", "-1/2"])
def test_what_is_no_share_is_refused(cli: Cli, value: str) -> None:
    assert "is no share" in cli.said("verify", "--all", "--shard", value, expect=2)[1]
