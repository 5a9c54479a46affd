"""What packets cannot tell: the machine is asked by a program of the check's own."""

import json
from typing import Any

from ..home import PACKAGE


def measure(host: Any, program: str) -> Any:  # noqa: ANN401 - testinfra is not typed; JSON
    """Runs a program in the machine, and returns what it prints, which is JSON.

    host: testinfra's. The program is Python's, with its standard library only. It runs as root, and may use `docker(path)` and
    `first_process(container)` of provisioner/guest/engine.py. Raises AssertionError where it fails.
    """
    engine = (PACKAGE / "guest" / "engine.py").read_text(encoding="utf-8")
    return json.loads(host.check_output("/usr/bin/python3 -I -S -c %s", f"{engine}\n{program}"))
