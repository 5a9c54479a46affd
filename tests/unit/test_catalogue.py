from provisioner.content.catalogue import catalogue
from provisioner.core.paths import labs_folder

from ..real.conftest import ROOT


def test_the_page_of_labs_is_that_of_today() -> None:
    """`lab list --page docs/labs.md` makes it anew."""
    assert (ROOT / "docs" / "labs.md").read_text(encoding="utf-8") == catalogue(labs_folder())
