"""Writes the generated pages, and names those that changed."""

from tools.reference import write

for name in write():
    print(name)
