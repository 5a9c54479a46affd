"""Classes: a roster, a seat for each learner, and where everybody is.

In code a class is a `Course`, as `class` is Python's word.
"""
