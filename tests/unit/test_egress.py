"""The way out that does not lead to the host: real namespaces, slirp4netns, listeners; no machine."""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from provisioner.backends import egress
from provisioner.core.files import free_port

from .networks import LISTENER, NET, PYTHON, ip, served_everywhere, serving

SOMEBODY = 12345

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("slirp4netns") or not shutil.which("ip") or not Path(PYTHON).exists(),
    reason=f"needs Linux, slirp4netns, ip and {PYTHON}",
)
only_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")

# Each argument: an address and a port. What is heard there, or why nothing.
CALLER = """
import json, socket, sys
heard = {}
for target in sys.argv[1:]:
    address, _, port = target.rpartition("|")
    try:
        with socket.create_connection((address, int(port)), 5) as line:
            line.settimeout(5)
            heard[target] = line.recv(99).decode()
    except OSError as error:
        heard[target] = type(error).__name__
print(json.dumps(heard))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="lab-", dir="/tmp") as made:
        if reason := egress.works(Path(made)):
            pytest.skip(reason)
        yield Path(made)


@pytest.fixture
def everywhere() -> Iterator[int]:
    with served_everywhere() as port:
        yield port


def ask(folder: Path, *targets: str) -> dict[str, str]:
    command = egress.command(folder, [], [PYTHON, "-c", CALLER, *targets])
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=120).stdout
    heard: dict[str, str] = json.loads(said)
    return heard


def own_addresses() -> list[str]:
    families = (socket.AF_INET, socket.AF_INET6)
    cards = psutil.net_if_addrs().values()
    return sorted({a.address.partition("%")[0] for card in cards for a in card if a.family in families})


def slirps(folder: Path) -> list[psutil.Process]:
    wanted = f"--api-socket={folder}/exit.api"
    return [p for p in psutil.process_iter(["cmdline"]) if wanted in (p.info["cmdline"] or [])]


def test_nothing_of_the_host_answers(folder: Path, everywhere: int) -> None:
    """Not its loopback by whatever name, nor its own addresses; where names are asked there are names and nothing else."""
    aliases = ["127.0.0.1", "127.0.0.53", "::1", "::ffff:127.0.0.1", "0.0.0.0", "10.0.3.2", egress.NAMES]  # noqa: S104
    targets = [f"{address}|{everywhere}" for address in (*aliases, *own_addresses())]
    for address in ("127.0.0.1", *own_addresses()):
        if not address.startswith("fe80:"):
            with socket.create_connection((address, everywhere), 5) as line:
                assert line.recv(99) == b"this host"
    heard = ask(folder, *targets)
    assert len(heard) == len(set(targets))
    assert "this host" not in heard.values(), heard


def test_what_a_cloud_gives_to_its_hosts_is_not_reached(folder: Path) -> None:
    assert ask(folder, "169.254.169.254|80") == {"169.254.169.254|80": "PermissionError"}


@only_root
def test_what_is_not_the_hosts_answers(folder: Path, outside: str) -> None:
    heard = ask(folder, f"{outside}|8080", f"{NET}.1|8080")
    assert heard == {f"{outside}|8080": "outside", f"{NET}.1|8080": "PermissionError"}


@only_root
def test_what_runs_on_a_bridge_of_the_host_does_not(folder: Path, outside: str) -> None:
    """As containers do. The same wire, now plugged into a bridge which has the host's address."""
    bridge, wire = f"b{os.getpid()}", f"t{os.getpid()}"
    ip("link", "add", bridge, "type", "bridge")
    try:
        ip("addr", "del", f"{NET}.1/30", "dev", wire)
        ip("link", "set", wire, "master", bridge)
        ip("addr", "add", f"{NET}.1/30", "dev", bridge)
        ip("link", "set", bridge, "up")
        with socket.create_connection((outside, 8080), 20) as line:
            assert line.recv(99) == b"outside"
        assert ask(folder, f"{outside}|8080") == {f"{outside}|8080": "PermissionError"}
    finally:
        ip("link", "del", bridge)


@only_root
def test_a_name_server_of_the_host_itself_is_asked_for_names_and_nothing_else(
    folder: Path, everywhere: int, tmp_path: Path
) -> None:
    """As systemd-resolved on 127.0.0.53: what serves all of the host's addresses is behind that one too."""
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.77\n")
    call = egress.command(folder, [], [PYTHON, "-c", CALLER, f"{egress.NAMES}|{everywhere}", f"{egress.NAMES}|53"])
    script = f"mount --bind {tmp_path}/resolv.conf /etc/resolv.conf && {shlex.join(call)}"
    with serving([PYTHON, "-c", LISTENER.replace("0.0.0.0", "127.0.0.77"), "53", "names"]):  # noqa: S104
        said = subprocess.run(["unshare", "--mount", "sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == {f"{egress.NAMES}|{everywhere}": "PermissionError", f"{egress.NAMES}|53": "names"}


def test_a_forwarded_port_of_the_host_leads_in(folder: Path) -> None:
    port = free_port()
    with serving(egress.command(folder, [port], [PYTHON, "-c", LISTENER, str(port), "inside"])):
        with socket.create_connection(("127.0.0.1", port), 5) as line:
            assert line.recv(99) == b"inside"
        for address in own_addresses():
            if address not in ("127.0.0.1", "::1") and "%" not in address and not address.startswith("fe80:"):
                with pytest.raises(OSError, match="refused"):
                    socket.create_connection((address, port), 5)


@pytest.mark.slow
def test_a_port_that_is_taken_is_an_error(folder: Path, everywhere: int) -> None:
    done = subprocess.run(egress.command(folder, [everywhere], ["true"]), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"could not set up host forwarding, port {everywhere} of 127.0.0.1: ")


@pytest.mark.slow
def test_it_ends_with_its_command_however_that_ends(folder: Path) -> None:
    with serving(egress.command(folder, [], [PYTHON, "-c", LISTENER, "8080", "inside"])) as child:
        (slirp,) = slirps(folder)
        child.send_signal(signal.SIGKILL)
        child.wait()
    slirp.wait(20)
    assert slirps(folder) == []


def test_what_the_command_inherits_is_its_own(folder: Path) -> None:
    file = os.memfd_create("lab")
    os.write(file, b"contents")
    words = f"import os; print(os.pread({file}, 99, 0).decode(), flush=True); import time; time.sleep(60)"
    with subprocess.Popen(
        egress.command(folder, [], [PYTHON, "-c", words]), stdout=subprocess.PIPE, text=True, pass_fds=[file]
    ) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "contents\n"
            (slirp,) = slirps(folder)
            held = [str(one.readlink()) for one in Path(f"/proc/{slirp.pid}/fd").iterdir()]
            assert not [name for name in held if name.startswith("/memfd:lab")]
        finally:
            child.kill()
            os.close(file)


def test_names_are_asked_of_its_own_server(folder: Path) -> None:
    done = subprocess.run(egress.command(folder, [], ["cat", "/etc/resolv.conf"]), capture_output=True, text=True, check=True)
    assert done.stdout == f"nameserver {egress.NAMES}\n"
    assert Path("/etc/resolv.conf").read_text() != done.stdout


@only_root
def test_an_ordinary_user_has_it_without_rights(folder: Path, everywhere: int, outside: str) -> None:
    program = shutil.copy(egress.__file__, folder)
    Path(program).chmod(0o644)
    folder.chmod(0o711)
    own = folder / "own"
    own.mkdir(mode=0o700)
    os.chown(own, SOMEBODY, SOMEBODY)
    _, *flags, _, settings = egress.command(own, [], [])
    words = f"{CALLER}\nprint(open('/proc/self/status').read())"
    targets = [f"127.0.0.1|{everywhere}", f"{NET}.1|{everywhere}", f"{outside}|8080"]
    done = subprocess.run(
        [PYTHON, *flags, program, settings, PYTHON, "-c", words, *targets],
        capture_output=True, text=True, check=False, user=SOMEBODY, group=SOMEBODY, extra_groups=[],
    )  # fmt: skip
    if "no namespaces for an ordinary user" in done.stderr or "/dev/net/tun" in done.stderr:
        pytest.skip(done.stderr)
    assert done.returncode == 0, done.stderr
    first, _, status = done.stdout.partition("\n")
    assert list(json.loads(first).values()) == ["ConnectionRefusedError", "PermissionError", "outside"]
    assert "CapEff:\t0000000000000000" in status


def test_a_host_without_the_tools_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert egress.works(tmp_path) == "slirp4netns, ip not installed"
