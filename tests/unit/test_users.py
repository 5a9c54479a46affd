"""What keeps an ordinary user from making namespaces is told by name, with the command that allows it."""

from pathlib import Path

import pytest

from provisioner.core.users import namespace_restriction


@pytest.mark.parametrize(
    ("name", "value", "who", "command"),
    [
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor", "kernel.apparmor_restrict_unprivileged_userns=0"),
        ("kernel/unprivileged_userns_clone", "0", "Debian", "kernel.unprivileged_userns_clone=1"),
        ("user/max_user_namespaces", "0", "the kernel", "user.max_user_namespaces=15000"),
    ],
)
def test_a_restriction_is_named(tmp_path: Path, name: str, value: str, who: str, command: str) -> None:
    assert namespace_restriction(tmp_path) == ("", "")
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text("2\n")
    assert namespace_restriction(tmp_path) == ("", "")
    (tmp_path / name).write_text(f"{value}\n")
    reason, fix = namespace_restriction(tmp_path)
    assert reason.startswith(who)
    assert fix == f"sudo sysctl {command}"
