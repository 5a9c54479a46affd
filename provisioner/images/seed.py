"""The seed: a small CD from which cloud-init takes a machine's first settings (data source NoCloud)."""

import os
from io import BytesIO
from pathlib import Path

import pycdlib

from provisioner.core.errors import HostError

LABEL = "CIDATA"  # cloud-init looks for this volume label


def write_seed(place: Path, *, user_data: str, meta_data: str, network_config: str = "") -> None:
    """Writes the ISO image, whole or not at all; cloud-init runs anew for a new instance-id in meta_data.

    Only its owner may read the file: user_data may hold a password's hash. Raises HostError (the disk).
    """
    staging = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        staging.unlink(missing_ok=True)
        staging.touch(mode=0o600)
        files = {"user-data": user_data, "meta-data": meta_data, "network-config": network_config}
        _master(staging, {name: text for name, text in files.items() if text})
        staging.replace(place)
    except OSError as error:
        raise HostError(f"cannot write {place}", evidence=str(error)) from None
    finally:
        staging.unlink(missing_ok=True)


def _master(path: Path, files: dict[str, str]) -> None:
    """Plain ISO 9660 allows no hyphen in a name: Rock Ridge and Joliet carry the real ones."""
    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, vol_ident=LABEL, joliet=3, rock_ridge="1.09")
    try:
        for name, text in files.items():
            data = text.encode()
            plain = name.replace("-", "").upper()
            iso.add_fp(BytesIO(data), len(data), f"/{plain}.;1", rr_name=name, joliet_path=f"/{name}")
        iso.write(str(path))
    finally:
        iso.close()
