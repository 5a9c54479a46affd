"""A script that brings a fresh machine near to the one that was captured, where the learner has written none.

Restored exactly: files that were read whole, with the units that were enabled; the rules in the kernel that neither Docker nor
ufw wrote (those two write theirs anew, from these files, for the containers of this machine); tables of nftables. Not restored:
files that were removed, containers started by hand, and what else is in memory only. So a replay of such a script compares
packets with those of the learner's machine: where they differ and the lab has not changed, the copy is not good enough, and
that is said instead of a verdict.
"""

import base64
import re
import shlex
from collections.abc import Iterator

from provisioner.checks.evidence import Evidence

_BUILT_IN = ("INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING")
_OF_OTHERS = r"DOCKER(?!-USER)|ufw6?-|docker0|br-[0-9a-f]{12}"  # in a rule that Docker or ufw wrote
_JUMP_TO_USER = "-j DOCKER-USER"  # Docker's, too
_TABLES_OF_IPTABLES = ("filter", "nat", "mangle", "raw", "security")
_NOT_RESTORED = ("/usr/lib/os-release", "/etc/crontab")
_MODE_BITS = 0o777
_HEAD = """\
# Restored by `lab dispute` from a captured machine: files, units, and rules that neither Docker nor ufw wrote.
changed=""
put() {  # put MODE OWNER PATH: the file has what is on standard input, as base64
    local new; new=$(mktemp)
    base64 --decode >"$new"
    if ! sudo cmp --silent "$new" "$3"; then
        sudo install -D -m "$1" "$new" "$3" && sudo chown "$2:" "$3" && changed="$changed $3"
    fi
    rm -f "$new"
}
clear_rules() {  # clear_rules PROGRAM TABLE CHAIN: removes what neither Docker nor ufw wrote
    sudo "$1" -t "$2" -S "$3" 2>/dev/null | grep '^-A' | grep -vP -e "$others" | while read -r rule; do
        eval "sudo $1 -t $2 -D ${rule#-A }" </dev/null
    done
}
"""


def make_script(evidence: Evidence) -> str:
    """For bash, as the learner. In braces, so that no command reads the rest of it from standard input."""
    lines = ["{", _HEAD, f"others={shlex.quote(f'{_OF_OTHERS}|{_JUMP_TO_USER}$')}"]
    for file in evidence.files:
        if file.is_whole and file.path not in _NOT_RESTORED:
            content = base64.b64encode(file.text.encode()).decode()
            mode = f"{file.mode & _MODE_BITS:o}"
            lines.append(f"put {mode} {file.owner} {shlex.quote(file.path)} <<<{content or chr(39) * 2}")
    lines += ["sudo systemctl daemon-reload"]
    lines += ['case "$changed" in *daemon.json*) sudo systemctl restart docker ;; esac']
    lines += list(_start_compose(evidence))
    lines += list(_set_ufw(evidence))
    lines += [f"sudo systemctl enable --now {shlex.quote(unit)}" for unit in evidence.units]
    for program in ("iptables", "ip6tables"):
        lines += list(restore_rules(program, evidence.text_of(f"{program}-save")))
    lines += list(restore_tables(evidence.text_of("nft list ruleset")))
    return "\n".join([*lines, "true", "} </dev/null", ""])


def _start_compose(evidence: Evidence) -> Iterator[str]:
    """Brings up what a changed file of Docker Compose describes."""
    for file in evidence.files:
        folder, _, name = file.path.rpartition("/")
        if file.is_whole and re.fullmatch(r"(docker-)?compose\.ya?ml", name):
            yield (
                f'case "$changed " in *" "{shlex.quote(file.path)}" "*) '
                f"(cd {shlex.quote(folder)} && docker compose up --detach) ;; esac"
            )


def _set_ufw(evidence: Evidence) -> Iterator[str]:
    status = evidence.text_of("ufw status verbose")
    if "Status: active" in status:
        yield "sudo ufw --force enable; sudo ufw reload"
    elif "Status: inactive" in status:
        yield "sudo ufw disable"


def restore_rules(program: str, text: str) -> Iterator[str]:
    """Commands for the rules of iptables-save that neither Docker nor ufw wrote, at their places in their chains."""
    table, places = "", dict[str, int]()
    created: list[str] = []
    rules: list[str] = []
    chains: list[tuple[str, str]] = []
    policies: list[str] = []
    for line in text.splitlines():
        if line.startswith("*"):
            table, places = line[1:], {}
        elif match := re.fullmatch(r":(\S+) (\S+) \[.*", line):
            chain, policy = match.groups()
            if re.match(_OF_OTHERS, chain):
                continue
            chains.append((table, chain))
            if chain in _BUILT_IN:
                policies.append(f"sudo {program} -t {shlex.quote(table)} -P {chain} {shlex.quote(policy)}")
            else:
                name = f"sudo {program} -t {shlex.quote(table)}"
                created.append(f"{name} -N {shlex.quote(chain)} 2>/dev/null; {name} -F {shlex.quote(chain)}")
        elif line.startswith("-A ") and (words := _split(line)):
            places[words[1]] = place = places.get(words[1], 0) + 1
            if _is_own(line):
                start, rest = f"sudo {program} -t {shlex.quote(table)}", shlex.join(words[2:])
                chain = shlex.quote(words[1])
                rules.append(f"{start} -I {chain} {place} {rest} 2>/dev/null || {start} -A {chain} {rest}")
    cleared = [f"clear_rules {program} {shlex.quote(t)} {chain}" for t, chain in chains if chain in _BUILT_IN]
    yield from (*created, *cleared, *rules, *policies)


def _is_own(line: str) -> bool:
    return not re.search(_OF_OTHERS, line) and not line.endswith(_JUMP_TO_USER)


def _split(line: str) -> list[str]:
    """Empty for what is no command line."""
    try:
        words = shlex.split(line)
    except ValueError:
        return []
    return words if len(words) > 2 else []


def restore_tables(text: str) -> Iterator[str]:
    """Commands for the tables of nftables that iptables and Docker have not made."""
    for match in re.finditer(r"^table (\S+) (\S+) \{.*?^\}$", text, re.MULTILINE | re.DOTALL):
        family, name = match[1], match[2]
        if (family in ("ip", "ip6") and name in _TABLES_OF_IPTABLES) or name.startswith(("docker-", "lab_")):
            continue
        rules = f"table {family} {name}\ndelete table {family} {name}\n{match[0]}\n"
        yield f"base64 --decode <<<{base64.b64encode(rules.encode()).decode()} | sudo nft -f -"
