"""A tiny lab for fake machines: three exercises whose solutions are words of provisioner/backends/fake/shell.py."""

from collections.abc import Mapping
from pathlib import Path

LAB_YAML = """\
version: 1
title: A shop without a machine
summary: For the project's own tests.
images: [debian-13]
networks:
  ext:
    v4: 198.51.100.1/24
    v6: 2001:db8:51::1/64
    zones:
      outside: {v4: 198.51.100.10, v6: "2001:db8:51::10", about: anybody, serves: [80]}
      admin: {v4: 198.51.100.20, about: the administrator}
services:
  shop: {port: 8080, about: the shop}
  stats: {port: 8081, about: its statistics}
  backup: {port: 8082, about: its backup}
exercises:
  - id: close-stats
    title: Close the statistics
    points: 10
    hints: [vague, nearer]
    hint_when:
      - {hint: the shop is not meant, probes: [outside must not reach shop, admin reaches stats]}
      - {hint: look at your note, command: cat /home/learner/note}
  - id: open-backup
    title: Open the backup
    points: 20
    hints: [vague, nearer]
  - id: write-report
    title: Write a report
    points: 5
    hints: [vague, nearer]
"""
SETUP = "block outside backup\nblock admin backup\necho 5 >/etc/services-here\n"
HEAD = "from provisioner.checks import Net, blocked, reaches, survives\n\n\n"
TESTS = {
    "close-stats": """\
@survives("reboot")
def test_stats(net: Net) -> None:
    net.expect(blocked("outside", "stats"), reaches("machine", "stats"), reaches("outside", "shop"))
""",
    "open-backup": """\
@survives("restart of Docker", "ufw reload")
def test_backup(net: Net) -> None:
    net.expect(reaches("admin", "backup"), blocked("outside", "backup"), reaches("outside", "shop"))
""",
    "write-report": """\
def test_report(host) -> None:
    assert host.run("cat /home/learner/report").stdout == "all is well\\n", "no report"
""",
}
RIGHT = {
    "close-stats": {"solution": "sudo block outside stats", "solution-refuse": "sudo refuse outside stats"},
    "open-backup": {"solution": "sudo open admin backup"},
    "write-report": {"solution": "echo all is well >report"},
}
WRONG = {
    "close-stats": {
        "nothing": "true", "until-reboot": "sudo block --until reboot outside stats", "other-port": "sudo block outside shop",
        "not-root": "block outside stats || true",
    },
    "open-backup": {
        "everybody": "sudo open '*' backup", "until-docker": "sudo open --until docker admin backup",
        "until-ufw": "sudo open --until ufw admin backup", "other-zone": "sudo open outside backup",
    },
    "write-report": {
        "empty": "touch report", "elsewhere": "sudo touch /root/report", "short": "echo all >report", "none": "true",
    },
}  # fmt: skip


def write_lab(root: Path, number: int = 3, slug: str = "fake-shop", changed: Mapping[str, str] | None = None) -> Path:
    """The lab's folder. changed: other texts than these, and more, by the name of the file in it."""
    folder = root / f"{number:02}-{slug}"
    texts = {"lab.yaml": LAB_YAML, "README.md": "# A shop\n", "setup.yml": "[]\n", "setup.sh": SETUP}
    for name, test in TESTS.items():
        below = f"exercises/{name}"
        texts |= {f"{below}/test_{name.replace('-', '_')}.py": HEAD + test, f"{below}/task.md": "Do it.\n",
                  f"{below}/why.md": "Because.\n"}  # fmt: skip
        texts |= {f"{below}/{script}.sh": f"#!/bin/sh\n{text}\n" for script, text in RIGHT[name].items()}
        texts |= {f"{below}/wrong/{w}.sh": f"#!/bin/sh\n# {w} is wrong.\n{text}\n" for w, text in WRONG[name].items()}
    for name, text in (texts | dict(changed or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
