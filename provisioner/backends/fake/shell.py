"""The commands of a fake machine. No program of the host is run, whatever a script says: a lab may be a real one."""

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from provisioner.backends.fake import network
from provisioner.backends.fake.guest import HOMES, LAB, RULES, Guest
from provisioner.core.files import remove_tree

NOT_FOUND = 127
_OPERATORS = {";", "&&", "||", "&"}
# Scripts that the tool itself sends, in which a real shell is asked for more than this one can.
_OF_THE_TOOL = {r"\bbash -l -s\b": "submission", r"\brestart docker\b": "restart-docker", r"\bufw reload\b": "reload-ufw",
                r"\biptables-save\b": "look"}  # fmt: skip


@dataclass
class Shell:
    """input: what a script reads; power: reboot, poweroff or die, where it asks for that."""

    guest: Guest
    user: str = "root"
    input: str = ""
    out: str = ""
    err: str = ""
    power: str = ""
    _has_ended: bool = field(default=False, repr=False)

    def run(self, script: str) -> int:
        """A script's exit code: that of its last command."""
        code = 0
        for line in script.splitlines():
            code = self._line(line, code)
            if self._has_ended:
                break
        return code

    def command(self, line: str) -> int:
        """What SSH asks for: a command line, or `sh -c SCRIPT`."""
        for pattern, name in _OF_THE_TOOL.items():
            if re.search(pattern, line):
                return _COMMANDS[name](self, ())
        words = shlex.split(line)
        if words[:2] in (["sh", "-c"], ["/bin/bash", "-c"]):
            return self.run(words[2])
        return self.run(self.input if words == ["sh", "-s"] else line)

    def say(self, text: str) -> int:
        self.out += text
        return 0

    def fail(self, why: str, code: int = 1) -> int:
        self.err += f"{why}\n"
        return code

    def end(self) -> None:
        self._has_ended = True

    def _line(self, line: str, code: int) -> int:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words, joint = list[str](), ";"
        try:
            for word in [*lexer, ";"]:
                if word not in _OPERATORS:
                    words.append(word)
                    continue
                if words and not self._has_ended and (joint in (";", "&") or (joint == "&&") == (code == 0)):
                    code = self._simple(words)
                words, joint = [], word
        except ValueError as error:
            return self.fail(f"sh: {error}: {line}", 2)
        return code

    def _simple(self, words: Sequence[str]) -> int:
        """One command with its redirections."""
        argv, target, append, expects_target = list[str](), "", False, False
        for word, following in zip(words, [*words[1:], ""], strict=True):
            if set(word) <= set("()|"):
                return self.fail(f"sh: a fake machine's shell knows no `{word}`", 2)
            if expects_target:
                expects_target = False
            elif word in (">", ">>", ">&", "<"):
                if argv and argv[-1] in ("1", "2") and word != "<":
                    argv.pop()
                elif word in (">", ">>"):
                    target, append = following, word == ">>"
                expects_target = True
            else:
                argv.append(word)
        return self._redirected(argv, target, append=append)

    def _redirected(self, argv: Sequence[str], target: str, *, append: bool) -> int:
        if not target:
            return self.call(argv)
        old_output, self.out = self.out, ""
        code = self.call(argv)
        output, self.out = self.out, old_output
        if target != "/dev/null":
            try:
                self.guest.write(target, output, append=append, user=self.user)
            except OSError as error:
                return self.fail(f"sh: {target}: {error.strerror}", 2)
        return code

    def call(self, argv: Sequence[str]) -> int:
        name = argv[0].rpartition("/")[2] if argv else "true"
        if name not in _COMMANDS or name in _OF_THE_TOOL.values():
            return self.fail(f"sh: {name}: not found", NOT_FOUND)
        return _COMMANDS[name](self, argv[1:])


def _cat(shell: Shell, words: Sequence[str]) -> int:
    code = 0 if words else shell.say(shell.input)
    for word in words:
        file = shell.guest.place(word, shell.user)
        code |= shell.say(file.read_text()) if file.is_file() else shell.fail(f"cat: {word}: No such file or directory")
    return code


def _ls(shell: Shell, words: Sequence[str]) -> int:
    code = 0
    for word in words:
        exists = shell.guest.place(word, shell.user).exists()
        code |= shell.say(f"{word}\n") if exists else shell.fail(f"ls: cannot access '{word}': No such file or directory")
    return code


def _rm(shell: Shell, words: Sequence[str]) -> int:
    for word in words:
        file = shell.guest.place(word, shell.user)
        remove_tree(file) if file.is_dir() else file.unlink(missing_ok=True)
    return 0


def _touch(shell: Shell, words: Sequence[str]) -> int:
    for word in words:
        shell.guest.write(word, "", append=True, user=shell.user)
    return 0


def _sudo(shell: Shell, words: Sequence[str]) -> int:
    user, shell.user = shell.user, "root"
    try:
        return shell.call([word for word in words if word != "-n"])
    finally:
        shell.user = user


def _exit(shell: Shell, words: Sequence[str]) -> int:
    shell.end()
    return int(words[0]) if words else 0


def _power(shell: Shell, words: Sequence[str]) -> int:
    """systemctl and systemd-run."""
    wishes = {"reboot", "poweroff"} & set(words)
    shell.power = wishes.pop() if wishes else shell.power
    return shell.say("running\n") if "is-system-running" in words else 0


def _die(shell: Shell, words: Sequence[str]) -> int:
    """Its kernel panics: at once, or when it is probed next."""
    if words:
        shell.guest.write("/run/panic", "when it is probed")
    else:
        shell.power = "die"
        shell.end()
    return 0


def _rule(shell: Shell, words: Sequence[str]) -> int:
    """rule VERDICT SOURCE TARGET [4|6] [--until reboot|docker|ufw]"""
    if shell.user != "root":
        return shell.fail("Operation not permitted (you must be root)")
    until = words[words.index("--until") + 1] if "--until" in words else ""
    verdict, source, target, family, *_ = [*(w for w in words if w not in ("--until", until)), network.ANY]
    if verdict not in (*network.VERDICTS, *network.BORDERS, network.FLAKY):
        return shell.fail(f"rule: {verdict} is no verdict", 2)
    line = f"{verdict} {source} {network.named(shell.guest, target)} {family}\n"
    shell.guest.write(RULES[until], line, append=True)
    return 0


def _verdict(verdict: str) -> Callable[[Shell, Sequence[str]], int]:
    return lambda shell, words: _rule(shell, [verdict, *words])


def _answer(shell: Shell, words: Sequence[str]) -> int:
    """answer SERVICE TEXT: what the service says, with the escapes of C."""
    text = " ".join(words[1:]).encode("latin-1", "backslashreplace").decode("unicode_escape")
    shell.guest.write(f"/var/lib/lab/services/{words[0]}/answer", text)
    return 0


def _curl(shell: Shell, words: Sequence[str]) -> int:
    port = int(words[-1].rpartition(":")[2])
    probe = {"from": "machine", "to": "127.0.0.1", "port": port, "family": 4, "proto": "tcp"}
    result = network.exchange(shell.guest, probe)
    return shell.say(f"{result['answer']}\n") if result["verdict"] == "open" else shell.fail("curl: (7) Failed to connect", 7)


def _draw(shell: Shell, words: Sequence[str]) -> int:
    shell.guest.write(LAB, words[0])
    return 0


def _submission(shell: Shell, _: Sequence[str]) -> int:
    user, shell.user = shell.user, "learner"
    try:
        return shell.run(shell.input)
    finally:
        shell.user = user


def _loses(event: str, output: str = "") -> Callable[[Shell, Sequence[str]], int]:
    def call(shell: Shell, _: Sequence[str]) -> int:
        shell.guest.place(RULES[event]).unlink(missing_ok=True)
        return shell.say(output)

    return call


def _look(shell: Shell, _: Sequence[str]) -> int:
    """What answers are made of (provisioner/checks/copied_answers.py)."""
    scripts = sorted(shell.guest.place(HOMES["learner"]).glob("*.sh"))
    return shell.say("".join([*map(shell.guest.read, RULES.values()), *(f.read_text() for f in scripts)]))


_COMMANDS: dict[str, Callable[[Shell, Sequence[str]], int]] = {
    "answer": _answer, "block": _verdict("filtered"), "cat": _cat, "curl": _curl, "die": _die, "draw": _draw,
    "echo": lambda shell, words: shell.say(" ".join(words) + "\n"), "exit": _exit, "false": lambda *_: 1,
    "look": _look, "ls": _ls, "open": _verdict("open"), "refuse": _verdict("refused"), "reload-ufw": _loses("ufw"),
    "restart-docker": _loses("docker", "1,1\nthen\n2,2\n"), "rm": _rm, "rule": _rule, "submission": _submission,
    "sudo": _sudo, "systemctl": _power, "systemd-run": _power, "touch": _touch,
    "whoami": lambda shell, _: shell.say(f"{shell.user}\n"),
    **dict.fromkeys(("cd", "date", "docker", "set", "sshd", "sync", "true", "ufw"), lambda *_: 0),
}  # fmt: skip
