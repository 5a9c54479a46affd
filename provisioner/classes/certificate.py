"""The certificate of a class's server: one that is given, else one that it signs itself, whose fingerprint is on the cards."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from provisioner.core.errors import UsageError
from provisioner.core.paths import private_folder, write_private

_DAYS = 90
_RENEWED = timedelta(days=14)  # before its end: a class must not outlast it


def ensure(file: Path, address: str) -> Path:
    """A file with a key and a self-signed certificate for an address; made where it is not there, or soon over."""
    if _is_good(file, address):
        return file
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "lab class")])
    begin = datetime.now(UTC) - timedelta(minutes=5)  # laptops' clocks differ
    builder = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(begin + timedelta(days=_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(address)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )  # fmt: skip
    certificate = builder.sign(key, hashes.SHA256())
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    private_folder(file.parent)
    write_private(file, (private + certificate.public_bytes(encoding)).decode())
    return file


def _is_good(file: Path, address: str) -> bool:
    """Whether it can be used; one that is damaged is made anew."""
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        serialization.load_pem_private_key(file.read_bytes(), None)
        return certificate.not_valid_after_utc > datetime.now(UTC) + _RENEWED and _names(certificate) == [address]
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False


def fingerprint(file: Path) -> str:
    """SHA-256, as browsers show it. Raises UsageError."""
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(f"{file} holds no certificate: {error}", hint="a PEM file with the certificate and its key") from None
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _general_name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _names(certificate: x509.Certificate) -> list[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]
