"""Formats verdicts and results as JUnit XML."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

from provisioner.core import text
from provisioner.core.outcome import Verdict

if TYPE_CHECKING:
    from provisioner.verify.results import Result


def junit_xml(suite: str, verdicts: Sequence[Verdict]) -> str:
    """One test case per exercise: not yet is a failure, cannot tell an error, not checked is skipped."""
    tags = {"not yet": "failure", "cannot tell": "error", "not checked": "skipped"}
    root = Xml.Element("testsuite", name=suite, tests=str(len(verdicts)))
    for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        root.set(attribute, str(sum(tags.get(v.outcome) == tag for v in verdicts)))
    for v in verdicts:
        case = Xml.SubElement(root, "testcase", classname=suite, name=f"{v.name} {v.id}", time=f"{v.seconds:.2f}")
        if tag_name := tags.get(v.outcome):
            Xml.SubElement(case, tag_name, message=v.lines[0] if v.lines else v.outcome).text = "\n".join(v.lines)
    return _serialize(root)


def results_xml(suite: str, results: "Sequence[Result]") -> str:
    """One test case per case of `lab verify`."""
    root = Xml.Element("testsuite", name=suite, tests=str(len(results)), failures=str(sum(not r.good for r in results)))
    for r in results:
        case = Xml.SubElement(root, "testcase", classname=f"{suite}.{r.exercise}", name=r.what, time=f"{r.seconds:.2f}")
        if not r.good:
            Xml.SubElement(case, "failure", message=f"{r.outcome}, wanted {r.wanted}").text = "\n".join(r.lines)
    return _serialize(root)


def _serialize(root: Xml.Element) -> str:
    for element in root.iter():
        element.text = element.text and text.block(element.text)
        for name, value in element.items():
            element.set(name, text.line(value))
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True)
