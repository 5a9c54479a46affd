"""What went wrong, the evidence, and what to do next.

Exit codes of every command: 0 done, 1 an exercise is not done yet, 2 the tool could not do its job. An
exercise that is not done is a result, not an exception; only the third case raises.
"""

EXIT_OK = 0
EXIT_NOT_YET = 1
EXIT_ERROR = 2


class LabError(Exception):
    """The tool could not do its job: shown as three parts, without a traceback.

    what: one sentence; evidence: output or facts that show it (may be many lines); hint: the next step.
    """

    def __init__(self, what: str, *, evidence: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.evidence = evidence.strip()
        self.hint = hint

    def as_dict(self) -> dict[str, str]:
        return {"error": self.what, "evidence": self.evidence, "hint": self.hint}


class UsageError(LabError):
    """What the user typed or wrote (an argument, a manifest) cannot be taken."""


class HostError(LabError):
    """This host lacks something: a program, room on the disk, a port."""


class MachineError(LabError):
    """A machine did not start, answer or obey."""
