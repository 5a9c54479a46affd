"""The faults of tools/mutant_list.py can still be made, and the tests that are to notice them are there."""

import re
from pathlib import Path

import pytest

from tools.mutant_list import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
TEST = re.compile(r"^def (test_\w+)", re.MULTILINE)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_can_be_made_and_there_is_a_test_for_it(mutant: Mutant) -> None:
    text = (ROOT / "provisioner" / mutant.file).read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1, "the code has moved on"
    file, _, words = mutant.tests.partition(" ")
    tests = TEST.findall((ROOT / "tests" / file).read_text(encoding="utf-8"))
    if file == "contract/test_fake.py":  # whose tests are another file's
        tests += TEST.findall((ROOT / "tests" / "contract" / "story.py").read_text(encoding="utf-8"))
    for word in words.split(" or "):
        assert any(word in test for test in tests), f"no test is called {word}"
