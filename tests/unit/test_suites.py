"""What `lab selftest` makes of the project's own tests, told by a project that is smaller."""

import os
from pathlib import Path

import pytest

from provisioner.cli.suites import Suite, make_stages, read_report, run

PROJECT = {
    "pyproject.toml": "[tool.coverage.run]\nbranch = true\nparallel = true\nsource = ['code_']\n"
    "[tool.coverage.report]\nfail_under = 85\n[tool.pytest.ini_options]\naddopts = '-p no:cacheprovider'\n",
    "code_/__init__.py": "def half(n):\n    if n % 2:\n        raise ValueError(n)\n    return n // 2\n",
    "tests/test_half.py": "import pytest\nfrom code_ import half\n\ndef test_even():\n    assert half(4) == 2\n",
    "tests/test_skip.py": "import pytest\n\n@pytest.mark.skip(reason='no moon')\n@pytest.mark.parametrize('n', [1, 2])\n"
    "def test_tide(n): ...\n",
}
ODD = "\ndef test_odd():\n    with pytest.raises(ValueError):\n        half(3)\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def rows(project: Path, *chosen: Suite) -> list[str]:
    """Without what measures these tests themselves."""
    usual = {k: v for k, v in os.environ.items() if not k.startswith(("COVERAGE_", "PYTEST_"))}
    return list(run(project, [[suite] for suite in chosen], {**usual, "PYTHONPATH": str(project)}))


ALL = Suite("all", ["pytest", "-q", "tests"], covers=True)
AFTER = Suite("after", ["pytest", "--version"])


@pytest.mark.slow
def test_skips_are_counted_and_named_and_too_little_is_bad(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        monkeypatch.delenv(name)
    first, skips, measured, after = rows(project, ALL, AFTER)
    assert first.startswith("✓ all ")
    assert first.endswith(" s  3 tests, 2 skipped")
    assert skips.strip() == "2 skipped, no moon: test_skip::test_tide[1], test_skip::test_tide[2]"
    assert measured.split() == ["✗", "coverage", "66.7", "%"]
    assert after.split() == ["·", "after", "not", "run"]

    with (project / "tests" / "test_half.py").open("a") as file:
        file.write(ODD)
    first, _, measured, after = rows(project, ALL, AFTER)
    assert measured.split() == ["✓", "coverage", "100.0", "%"]
    assert after.startswith("✓ after ")
    assert not list(project.glob(".coverage.*"))


@pytest.mark.slow
def test_what_fails_is_bad_and_its_coverage_is_not_told(project: Path) -> None:
    (project / "tests" / "test_half.py").write_text("def test_it():\n    assert False\n")
    first, _, after = rows(project, ALL, AFTER)
    assert (first[0], after[0]) == ("✗", "·")


def test_a_suite_that_writes_no_report(project: Path) -> None:
    assert read_report(project / "none") == ("", [])
    (row,) = rows(project, Suite("python", ["platform"]))
    assert row.startswith("✓ python ")


def test_a_part_of_the_tests_is_not_measured() -> None:
    assert [suite.covers for stage in make_stages((), unit=True) for suite in stage].count(True) == 1
    assert not any(suite.covers for stage in make_stages(("-k", "seat"), unit=True) for suite in stage)
    assert all("tests/real" in suite.words for suite in make_stages((), unit=False)[-1])


def test_suites_of_one_stage_run_side_by_side_to_their_ends(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each waits for a file that the other makes."""
    waits = "import pathlib, sys, time\npathlib.Path('{}').touch()\nfor _ in range(600):\n    time.sleep(0.05)\n"
    waits += "    if pathlib.Path('{}').exists(): sys.exit({})\nsys.exit(9)\n"
    (project / "one_.py").write_text(waits.format("a", "b", 1))
    (project / "two_.py").write_text(waits.format("b", "a", 0))
    stages = [[Suite("one", ["one_"]), Suite("two", ["two_"])], [Suite("three", ["platform"])]]
    first, second, third = run(project, stages, {**os.environ, "PYTHONPATH": str(project)})
    assert (first[0], second[0], third[0]) == ("✗", "✓", "·")


@pytest.mark.slow
def test_a_part_of_the_tests_may_leave_a_suite_without_any(project: Path) -> None:
    suite = Suite("none", ["pytest", "-q", "tests", "-k", "nothing"], partial=True)
    assert rows(project, suite)[0].startswith("✓ none")
    assert rows(project, suite._replace(partial=False))[0].startswith("✗ none")
