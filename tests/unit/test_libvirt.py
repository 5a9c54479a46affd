"""Which libvirt is asked, and whether a user's machines may come onto its bridge."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.backends.vagrant import libvirt
from provisioner.core.errors import HostError


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    libvirt.uri.cache_clear()
    yield
    libvirt.uri.cache_clear()


@pytest.mark.parametrize("uri", [libvirt.SYSTEM, libvirt.SESSION])
def test_the_users_choice_is_taken(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", uri)
    assert libvirt.uri() == uri


def test_another_host_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBVIRT_DEFAULT_URI", "qemu+ssh://root@192.0.2.1/system")
    with pytest.raises(HostError) as error:
        libvirt.uri()
    assert "192.0.2.1" in error.value.what
    assert libvirt.SESSION in error.value.hint


@pytest.mark.parametrize(
    ("user", "answering", "chosen"),
    [
        (1000, {libvirt.SYSTEM, libvirt.SESSION}, libvirt.SYSTEM),
        (1000, {libvirt.SESSION}, libvirt.SESSION),
        (1000, set(), libvirt.SYSTEM),  # what is said to be missing is the usual one
        (0, {libvirt.SESSION}, libvirt.SYSTEM),  # root has no need of a session
    ],
)
def test_the_hosts_own_comes_first(user: int, answering: set[str], chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIBVIRT_DEFAULT_URI", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: user)
    monkeypatch.setattr(libvirt, "answers", answering.__contains__)
    assert libvirt.uri() == chosen


@pytest.mark.parametrize(
    ("allowed", "mode", "there", "may"),
    [
        ("allow lo\n", 0o4755, True, True),
        ("# all of them\n  allow all\n", 0o4755, True, True),
        ("allow lo\n", 0o755, True, False),
        ("allow lo\n", 0o4755, False, False),
        ("# allow lo\n", 0o4755, True, False),
        ("allow lo0\n", 0o4755, True, False),
    ],
)
def test_the_bridge(allowed: str, mode: int, there: bool, may: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper, conf = tmp_path / "helper", tmp_path / "bridge.conf"
    helper.touch()
    helper.chmod(mode)
    conf.write_text(allowed)
    monkeypatch.setattr(libvirt, "BRIDGE", "lo" if there else "no-such-card")
    monkeypatch.setattr(libvirt, "_HELPERS", (tmp_path / "missing", helper))
    monkeypatch.setattr(libvirt, "_ALLOWED", conf)
    assert libvirt.bridged() is may
