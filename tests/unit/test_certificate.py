"""The certificate that a class's server makes for itself."""

from pathlib import Path

import pytest

from provisioner.classes import certificate
from provisioner.core.errors import UsageError


def test_it_is_kept_for_an_address_and_made_anew_for_another_or_when_damaged(tmp_path: Path) -> None:
    file = tmp_path / "spring.pem"
    first = certificate.fingerprint(certificate.ensure(file, "192.0.2.10"))
    assert certificate.fingerprint(certificate.ensure(file, "192.0.2.10")) == first
    second = certificate.fingerprint(certificate.ensure(file, "trainer.example.org"))
    assert second != first
    file.write_text("damaged")
    with pytest.raises(UsageError, match="holds no certificate"):
        certificate.fingerprint(file)
    assert certificate.fingerprint(certificate.ensure(file, "trainer.example.org")) not in (first, second)
    assert file.stat().st_mode & 0o077 == 0
