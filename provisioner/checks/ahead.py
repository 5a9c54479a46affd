"""All that a check imports, pytest's own plugins included: for the process that checks are forked from."""

import gc
from importlib import import_module

from _pytest.config import default_plugins

from .. import decode
from . import plugin, run

__all__ = ["decode", "plugin", "run"]

for name in default_plugins:
    import_module(f"_pytest.{name}")
gc.freeze()  # what is there stays: no check looks through it for garbage, page after page
