"""The page of the checks' API, from the docstrings of provisioner.checks."""

import inspect
import re
from collections.abc import Callable, Iterator

from provisioner import checks
from provisioner.checks.disturbances import MOMENTS
from provisioner.content import expectation
from provisioner.guest.prober import engine, measure
from tools.reference.markdown import generated, paragraphs

_TEST = """\
A test is a function of pytest. It may ask for the fixture `net` (packets, below) and for `host`, which is
[testinfra](https://testinfra.readthedocs.io)'s and reaches the machine as root. An exercise is done when all its tests pass.
"""
_NET = ("expect", "expect_at_last", "measure")
_MEASURE = (measure.read, measure.written, measure.processes, engine.docker, engine.first_process)


def page() -> str:
    parts = [
        f"# What checks are written with\n\n{generated('the docstrings of provisioner/checks')}",
        _example(),
        _TEST,
        *_api(),
        "## Programs for `net.measure`\n\nA program has these functions, and what it leaves in `seen` is the answer.\n",
        *(_function(f, f.__name__) for f in _MEASURE),
    ]
    return "\n".join(parts)


def _example() -> str:
    """The package's docstring: a title, code from its first import to its last indented line, then text."""
    lines = (checks.__doc__ or "").splitlines()
    first = next(i for i, line in enumerate(lines) if line.startswith("from "))
    last = max(i for i, line in enumerate(lines) if line.startswith("    "))
    code, text = "\n".join(lines[first : last + 1]), paragraphs("\n".join(lines[last + 1 :]))
    return "\n\n".join(part for part in (f"```python\n{code}\n```", text) if part) + "\n"


def _api() -> Iterator[str]:
    yield "## Sentences\n\nWhat `net.expect` judges.\n"
    yield _function(checks.reaches, "reaches")
    yield _function(checks.blocked, "blocked")
    yield "## Targets\n\n" + paragraphs(_targets()) + "\n"
    yield f"## What a solution must survive\n\n{_function(checks.survives, '@survives')}"
    yield "The disturbances, in the order in which they are tried: " + ", ".join(f'`"{name}"`' for name in MOMENTS) + ".\n"
    yield "## net\n"
    for name, method in inspect.getmembers(checks.Net, inspect.isfunction):
        if name in _NET:
            yield _function(method, f"net.{name}")
    if others := sorted(set(checks.__all__) - {"Net", "blocked", "reaches", "survives"}):
        yield "## Other names\n"
        yield from (f"### {name}\n\n{paragraphs(inspect.getdoc(getattr(checks, name)))}\n" for name in others)


def _targets() -> str:
    examples = re.sub(r" Raises \w+\.", "", inspect.getdoc(expectation.parse_target) or "")
    return f"{examples} A target without a port is a service of `lab.yaml`, which has its own."


def _function(function: Callable[..., object], name: str) -> str:
    return f"{_signature(function, name)}\n\n{paragraphs(function.__doc__)}\n"


def _signature(function: Callable[..., object], name: str) -> str:
    parameters = [p.replace(annotation=p.empty) for p in inspect.signature(function).parameters.values() if p.name != "self"]
    text = str(inspect.Signature(parameters))
    return f"### {name}\n\n```python\n{name}{text}\n```"
