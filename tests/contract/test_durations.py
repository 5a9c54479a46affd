"""Each command says how long its steps took the last time."""

import json

import pytest

from provisioner.core.paths import Home
from tests.contract.conftest import Cli

COMMANDS = {
    "map 3": "map fake-shop", "hint 3.1": "hint fake-shop", "solve 3.1": "solve fake-shop close-stats", "save 3 mine": "save",
    "restore 3 mine": "restore", "reset 3": "resume fake-shop", "check 3 --quick": "check fake-shop quick", "stop 3": "suspend",
    "up 3": "resume",
}  # fmt: skip


@pytest.mark.slow
def test_each_command_remembers(cli: Cli, home: Home) -> None:
    cli.run("up", "3")
    home.durations.write_text(json.dumps(dict.fromkeys(COMMANDS.values(), 4321.0)))
    forgetful = []
    for command in COMMANDS:
        with cli.start(*command.split()) as child:
            _, err = child.communicate(timeout=60)
        if "about 4321 s last time" not in err:
            forgetful.append(command)
    assert forgetful == []
