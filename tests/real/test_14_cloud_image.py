"""What most learners get: a vendor's cloud image, downloaded with a list of checksums. Here one that is made of Debian's
packages, and served by this host."""

import hashlib
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from provisioner.backends.qemu import arguments
from provisioner.core.users import is_root

from .conftest import Cli, own_home, require_time

pytestmark = pytest.mark.first_half
ALL = {1, 2, 3, 4, 5, 6}
NAME = "vendor-13.qcow2"


@pytest.fixture(scope="module")
def published() -> Iterator[str]:
    """The address of the image, with its list of checksums beside it."""
    require_time(in_ci=True)
    if arguments.ARM or not is_root() or not shutil.which("mmdebstrap") or not shutil.which("sfdisk"):
        pytest.skip("making a PC's cloud image needs root, mmdebstrap and fdisk")
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / NAME
        subprocess.run([Path(__file__).with_name("make-cloud-image"), image], check=True, timeout=900)
        digest = hashlib.sha256(image.read_bytes()).hexdigest()
        (Path(folder) / "SHA256SUMS").write_text(f"{digest} *{NAME}\n")
        handler = partial(SimpleHTTPRequestHandler, directory=folder)
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/{NAME}"
            server.shutdown()


@pytest.fixture(scope="module")
def vendor(published: str) -> Iterator[Cli]:
    """A home whose owner has named the image."""
    sums = f"{published.rpartition('/')[0]}/SHA256SUMS"
    with own_home() as cli:
        (cli.home / "images.yaml").write_text(f"vendor-13: {{url: {published}, sums: {sums}}}\n")
        yield cli


def test_it_is_downloaded_and_ready(vendor: Cli) -> None:
    assert "is ready" in vendor.run("up", "3", "--image", "vendor-13", "--driver", "qemu")


def test_nothing_of_its_own_gets_in_the_way(vendor: Cli) -> None:
    ask = partial(vendor.run, "ssh", "3", "--")
    assert ask("systemctl --failed --no-legend").strip() == ""
    assert ask("systemctl is-active unattended-upgrades apt-daily.timer || true").split() == ["inactive", "inactive"]
    assert int(ask("df --output=size -BG / | tail -1").strip().rstrip("G")) > 6, "its partition has grown"
    assert ask("whoami; id -un 1000").split() == ["learner", "learner"], "no user of the vendor's"


def test_only_its_own_card_is_configured(vendor: Cli) -> None:
    said = vendor.run("ssh", "3", "--", "ip -br link; sudo ip netns exec mgmt ip -br addr show mgmt0; resolvectl dns")
    assert arguments.MGMT_MAC not in said.partition("mgmt0")[0]
    assert arguments.MGMT_ADDRESS in said


def test_the_exercises(vendor: Cli) -> None:
    assert vendor.outcomes("3", "--quick", expect=1) == dict.fromkeys(ALL, "not yet")
    vendor.run("solve", "3")
    assert vendor.outcomes("3.6", expect=0) == {6: "done"}, "with a reboot, on a copy"


def test_stop_and_up_and_reset(vendor: Cli) -> None:
    vendor.run("stop", "3")
    assert "is resumed" in vendor.run("up", "3")
    vendor.run("reset", "3")
    assert vendor.outcomes("3.2", "--quick", expect=1) == {2: "not yet"}


def test_a_second_seat(vendor: Cli) -> None:
    assert "is ready" in vendor.run("up", "3", "--seat", "second", "--image", "vendor-13", "--driver", "qemu")
    assert vendor.outcomes("3.1", "--seat", "second", "--quick", expect=1) == {1: "not yet"}
