"""What a fake machine tells of itself (as provisioner/guest/prober/evidence.py does in real ones)."""

from provisioner.backends.fake.guest import HOMES, RULES, Guest

_HISTORY = ".bash_history"


def collect(guest: Guest, *, history: bool) -> dict[str, object]:
    rules = "".join(guest.read(file) for file in RULES.values())
    home = guest.place(HOMES["learner"])
    names = sorted(file.name for file in home.iterdir() if file.is_file()) if home.is_dir() else []
    typed = [name for name in names if name == _HISTORY and history]
    return {
        "versions": {"kernel": "fake", "Docker": "", "nft": "", "iptables": "", "ufw": "", "systemd": ""},
        "outputs": [
            {"command": "iptables-save", "code": 0, "text": rules, "is_whole": True},
            {"command": "ip address", "code": 0, "text": guest.read("/run/addresses"), "is_whole": True},
            {"command": "nft list ruleset", "code": -1, "text": "", "is_whole": False},
        ],
        "files": [_describe(guest, name) for name in names if name != _HISTORY],
        "units": [],
        "history": [_describe(guest, name) for name in typed],
    }  # fmt: skip


def _describe(guest: Guest, name: str) -> dict[str, object]:
    path = f"{HOMES['learner']}/{name}"
    return {"path": path, "mode": 0o644, "owner": 1000, "text": guest.read(path), "is_whole": True}
