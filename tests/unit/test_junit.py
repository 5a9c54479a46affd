from typing import get_args
from xml.etree import ElementTree as Xml

import pytest

from provisioner.core.outcome import Outcome, Verdict
from provisioner.verify.junit import junit_xml, results_xml
from provisioner.verify.results import Result


def verdict(outcome: Outcome, *lines: str) -> Verdict:
    return Verdict(3, 2, "published-port", "Close a port", 20, outcome, lines, 1.234)


def test_the_counts_are_those_of_the_cases() -> None:
    verdicts = [verdict("done"), verdict("not yet", "a"), verdict("not yet"), verdict("cannot tell"), verdict("not checked")]
    suite = Xml.fromstring(junit_xml("lab 3", verdicts))
    assert suite.tag == "testsuite"
    assert suite.attrib == {"name": "lab 3", "tests": "5", "failures": "2", "errors": "1", "skipped": "1"}
    for tag, count in (("testcase", 5), ("failure", 2), ("error", 1), ("skipped", 1)):
        assert len(list(suite.iter(tag))) == count


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_only_done_passes(outcome: Outcome) -> None:
    (case,) = Xml.fromstring(junit_xml("lab 3", [verdict(outcome)]))
    assert (len(case) == 0) == (outcome == "done")
    assert case.attrib == {"classname": "lab 3", "name": "3.2 published-port", "time": "1.23"}


def test_what_was_observed_is_in_it_as_it_is() -> None:
    said = verdict("not yet", "from outside: open, answered “shop <1> & 2”", "  why: no rule")
    (case,) = Xml.fromstring(junit_xml("lab 3", [said]))
    assert case[0].get("message") == said.lines[0]
    assert case[0].text == "\n".join(said.lines)


def test_what_a_machine_answered_cannot_break_the_file() -> None:
    """A service may answer anything, control characters too, which XML cannot hold."""
    said = verdict("not yet", "answered “\x00\x1b[31m\x07 red\ufffe”")
    (case,) = Xml.fromstring(junit_xml("lab 3", [said]))
    assert "red" in str(case[0].text)


def test_trials_of_an_author() -> None:
    accepted = Result("3.1", "solution.sh", "done", "done", True, 2.0)
    rows = [accepted, Result("3.1", "wrong/a.sh", "not yet", "done", False, 1.0, ("x",))]
    suite = Xml.fromstring(results_xml("verify lab 3", rows))
    assert suite.attrib == {"name": "verify lab 3", "tests": "2", "failures": "1"}
    (failure,) = suite.iter("failure")
    assert (failure.get("message"), failure.text) == ("done, wanted not yet", "x")
