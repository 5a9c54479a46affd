"""The contract of drivers, on fake machines: those that do what the embedded driver does, system containers, a server."""

from collections.abc import Iterator

import pytest

from provisioner.core.paths import Home
from tests.contract.conftest import Cli, fresh_home
from tests.contract.story import *  # noqa: F403 - the tests
from tests.contract.subject import Subject


def _leaves_nothing(cli: Cli) -> None:
    assert not cli.machines()


SLOW = [pytest.param(driver, marks=pytest.mark.slow) for driver in ("fake:disk", "fake:plain")]


@pytest.fixture(scope="module", params=["fake", *SLOW])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    driver: str = request.param
    with fresh_home() as cli:
        yield Subject(
            driver, cli, Home.find(), exercises=frozenset({1, 2, 3}), disturbed=frozenset({1, 2, 3}),
            alive="cat /etc/services-here", page=8080, weight=0,
            kill=lambda: cli.kill_at("start", "up", "3", "--driver", driver),
            leaves_nothing=lambda: _leaves_nothing(cli), slow=60,
        )  # fmt: skip
