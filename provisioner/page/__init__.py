"""The page of a lab in the browser: text, tasks, map and traces on the left, terminals on the right.

One process on 127.0.0.1. What changes a machine is done by `lab` as a process of its own, as in a terminal: the same locks, the
same messages, the same records.
"""
