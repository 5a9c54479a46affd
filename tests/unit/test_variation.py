import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from provisioner.content import variation
from provisioner.content.lab import Lab, load
from provisioner.core.errors import UsageError
from provisioner.core.paths import Home

from .test_manifest import mistakes, write_lab

VARY = """vary:
  "8080": ["8180", "8280"]
  198.51.100.20: [198.51.100.21, 198.51.100.22]
  "2001:db8:51::10": ["2001:db8:51::11", "2001:db8:51::12"]
exercises:"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    folder = write_lab(tmp_path / "labs" / "03-vm-and-docker")
    manifest = folder / "lab.yaml"
    manifest.write_text(manifest.read_text().replace("exercises:", VARY, 1))
    (folder / "exercises" / "close-web" / "solution.sh").write_text("ufw deny 8080 # not 80801\n")
    return load(folder.parent, "3")


def test_values_are_exchanged_whole() -> None:
    pairs = {"8080": "8180", "198.51.100.2": "198.51.100.3", "2001:db8::2": "2001:db8::3", "stats": "figures"}
    text = "0.0.0.0:8080:80 18080 8080.5 198.51.100.2:8080. 198.51.100.20 [2001:db8::2]:8180 2001:db8::2:1 stats"
    assert variation.swapped(text, pairs) == (
        "0.0.0.0:8180:80 18080 8080.5 198.51.100.3:8180. 198.51.100.20 [2001:db8::3]:8080 2001:db8::2:1 figures"
    )
    assert variation.swapped(variation.swapped(text, pairs), pairs) == text


def test_a_variation_is_the_lab_with_other_values_everywhere(home: Home, lab: Lab) -> None:
    other = variation.of(home, lab, 2)
    assert (other.number, other.slug, other.variation) == (3, "vm-and-docker", 2)
    assert other.manifest.services["web"].port == 8280
    assert other.manifest.networks["ext"].zones["admin"].v4 == "198.51.100.22"
    assert other.manifest.networks["ext"].zones["outside"].v6 == "2001:db8:51::12"
    assert other.exercises[1].solutions[0].read_text() == "ufw deny 8280 # not 80801\n"
    assert variation.of(home, lab, 2).folder == other.folder
    assert variation.of(home, lab, 0) is lab


def test_each_variation_knows_the_values_of_the_others(home: Home, lab: Lab) -> None:
    other = variation.of(home, lab, 1)
    assert {theirs for theirs, own in variation.foreign(other).items() if own == "8180"} == {"8080", "8280"}
    assert variation.mentioned("dport 8080 and 8180", variation.foreign(other)) == ["8080"]


def test_commands_that_need_the_same_at_once(home: Home, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a class starts: the second one waits, and finds what the first one has written."""
    begun, write = threading.Event(), variation._write

    def write_slowly(*words: Any) -> None:  # noqa: ANN401 - as it is called
        begun.set()
        time.sleep(0.3)
        write(*words)

    monkeypatch.setattr(variation, "_write", write_slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(variation.of, home, lab, 1)
        begun.wait(10)
        second = pool.submit(variation.of, home, lab, 1)
        assert first.result().folder == second.result().folder


def test_a_changed_lab_has_new_variations(home: Home, lab: Lab) -> None:
    before = variation.of(home, lab, 1).folder
    lab.playbook.write_text("changed\n")
    assert variation.of(home, lab, 1).folder != before


def test_a_seed_draws_the_same_every_time_and_seeds_draw_all(lab: Lab) -> None:
    drawn = [variation.draw(lab, f"learner {n}") for n in range(60)]
    assert drawn == [variation.draw(lab, f"learner {n}") for n in range(60)]
    assert set(drawn) == {0, 1, 2}


def test_a_value_of_another_seat_may_not_stand_in_the_lab(home: Home, lab: Lab) -> None:
    lab.readme.write_text("The old port was 8180.\n")
    with pytest.raises(UsageError, match="8180"):
        variation.of(home, lab, 1)


def test_a_lab_that_does_not_vary(home: Home, tmp_path: Path) -> None:
    plain = load(write_lab(tmp_path / "other" / "03-vm-and-docker").parent, "3")
    with pytest.raises(UsageError, match="no values that vary"):
        variation.draw(plain, "alice")
    with pytest.raises(UsageError, match="no variation 1"):
        variation.of(home, plain, 1)


def test_what_vary_may_say(tmp_path: Path) -> None:
    short = mistakes(write_lab(tmp_path / "one" / "03-vm-and-docker"), ("exercises:", VARY.replace(', "8280"', "")))
    assert any("198.51.100.20: needs as many other values as the first has, 1" in m for m in short)
    twice = mistakes(write_lab(tmp_path / "two" / "03-vm-and-docker"), ("exercises:", VARY.replace('"8280"', '"8180"')))
    assert any("8180 stands below 8080 already" in m for m in twice)
