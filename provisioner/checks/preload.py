"""Imports all that a check needs, pytest's own plugins included, in the process that checks are forked from."""

import gc
from importlib import import_module

from _pytest.config import default_plugins

from provisioner.checks import pytest_plugin, run
from provisioner.content import strict_yaml

__all__ = ["pytest_plugin", "run", "strict_yaml"]

for name in default_plugins:
    import_module(f"_pytest.{name}")
gc.freeze()  # keeps the garbage collector of each check from touching, and so copying, these pages
