"""The generated pages of the documentation say what the code says today."""

import pytest

from provisioner.cli.main import COMMANDS
from tools.reference import COMMAND, PAGES, environment, lab_yaml, stale


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.slow
def test_a_generated_page_is_current(name: str) -> None:
    assert name not in stale(), f"write the generated pages anew: {COMMAND}"


def test_each_command_has_its_section() -> None:
    page = PAGES["docs/reference/commands.md"]()
    assert [line[7:] for line in page.splitlines() if line.startswith("## lab ")] == list(COMMANDS)
    assert "--submission FILE" in page


def test_each_environment_variable_is_explained() -> None:
    assert set(environment.VARIABLES) == environment.read_by_the_code()


def test_each_record_of_a_manifest_has_its_table() -> None:
    heads = [line for line in lab_yaml.page().splitlines() if line.startswith("## ")]
    assert "## `networks.NAME.zones.NAME`" in heads
    assert "## `exercises[].hint_when[]`" in heads
