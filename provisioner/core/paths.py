"""Where things are kept: every folder and file name of the tool, in one place.

LAB_HOME overrides the platform's own folders. Names are short: the path of a Unix socket may have about 104
bytes, and seats hold several sockets.
"""

import os
import shlex
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from provisioner.core.errors import HostError
from provisioner.core.settings import setting

PACKAGE = Path(__file__).resolve().parents[1]
BUNDLED = "bundled"
# What no quoting makes plain to all that take a path from us: OpenSSH of every age ("$\), scripts that pip writes (`).
_FORBIDDEN = '"$`' if os.sep == "\\" else '"$`\\'
# And for programs and labs: PATH and ANSIBLE_ROLES_PATH are lists, pytest takes a bracket for a parameter.
_FORBIDDEN_IN_PROGRAMS = "[" if os.sep == "\\" else "[:"


@dataclass(frozen=True)
class Home:
    """state: seats (precious); cache: images and layers (can be made again)."""

    state: Path
    cache: Path

    @classmethod
    def find(cls) -> "Home":
        if root_text := os.environ.get("LAB_HOME"):
            root = Path(root_text).expanduser().absolute()
            home = cls(root, root / "cache")
        else:
            import platformdirs

            home = cls(
                platformdirs.user_state_path("lab", appauthor=False),
                platformdirs.user_cache_path("lab", appauthor=False),
            )
        for folder in (home.state, home.cache):
            require_plain(folder, _FORBIDDEN, "LAB_HOME=/plain/path lab ... names another one")
        for folder in (PACKAGE, Path(sys.prefix), *_labs_folders(home.config)):
            require_plain(folder, _FORBIDDEN + _FORBIDDEN_IN_PROGRAMS, "move the project to a folder without that")
        for folder in (home.state, home.seats, home.cache, home.images, home.layers, home.varied, home.trusted):
            if folder.exists():
                require_private(folder)
        return home

    @property
    def seats(self) -> Path:
        return self.state / "seats"

    @property
    def events(self) -> Path:
        """What was done and learnt: a SQLite database (provisioner/progress/store.py)."""
        return self.state / "progress.sqlite3"

    @property
    def trusted(self) -> Path:
        """A file for each lab of others that may run on this host (provisioner/content/trust.py)."""
        return self.state / "trusted"

    @property
    def images(self) -> Path:
        return self.cache / "images"

    @property
    def layers(self) -> Path:
        return self.cache / "layers"

    @property
    def unpacked(self) -> Path:
        """Bundles whose installation is under way, or was interrupted (provisioner/bundle/scratch.py)."""
        return self.cache / "bundle"

    @property
    def varied(self) -> Path:
        """Labs with other values in them (provisioner/content/variation.py)."""
        return self.cache / "varied"

    @property
    def durations(self) -> Path:
        return self.cache / "durations.json"

    @property
    def accelerator(self) -> Path:
        return self.cache / "accelerator.json"

    @property
    def state_support(self) -> Path:
        """Whether this QEMU stores machines with their memory."""
        return self.cache / "state-support.json"

    @property
    def bundled(self) -> Path:
        """Folders of labs that bundles have brought (provisioner/bundle/labs.py)."""
        return self.state / BUNDLED

    @property
    def config(self) -> Path:
        """Lines `driver: NAME`, `labs: FOLDER` and `predict: off` (core/settings.py)."""
        return self.state / "config.yaml"

    @property
    def image_table(self) -> Path:
        """The user's own images, a line each: `name: url`, or `name: {url: ..., sha256: ...}`."""
        return self.state / "images.yaml"


def labs_folders() -> list[Path]:
    """Where labs are: the user's own folders, those of installed bundles, and that of the labs which come with the project."""
    return _labs_folders(Home.find().config)


def _labs_folders(config: Path) -> list[Path]:
    """LAB_LABS, else the configuration's `labs:`, names own folders as PATH names its own. LAB_BUILTIN=no hides the project's
    labs, for tests."""
    named = os.environ.get("LAB_LABS") or setting(config, "labs")
    own = [Path(name).expanduser().absolute() for name in named.split(os.pathsep) if name]
    own += sorted(config.parent.glob(f"{BUNDLED}/[!.]*/"))
    builtin = [] if os.environ.get("LAB_BUILTIN") == "no" else [project_labs()]
    return list({folder.resolve(): folder for folder in [*builtin, *own]}.values())


def project_labs() -> Path:
    """The labs that come with the project: beside the package in a checkout, else inside an installed wheel."""
    checkout = PACKAGE.parent / "labs"
    return checkout if checkout.is_dir() else PACKAGE / "labs"


def require_plain(folder: Path, forbidden: str, hint: str) -> None:
    """Raises HostError for a path that a program would take for something else."""
    bad = next((c for c in str(folder) if c in forbidden or not c.isprintable()), "")
    if bad:
        name = "what is not UTF-8" if "\ud800" <= bad <= "\udfff" else repr(bad).strip("'") if bad != "\\" else bad
        raise HostError(f"lab cannot use the folder {str(folder)!r}: its path has {name}", hint=hint)


def private_folder(path: Path) -> Path:
    """Makes a folder that only its owner may enter (it will hold keys). Raises HostError where it is another user's."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_private(path)
    return path


def require_private(folder: Path) -> None:
    """Raises HostError where another user could have put something there: lab would run it. One that others may only read, as
    older versions made them, is shut."""
    if sys.platform == "win32":
        return
    status, user = folder.stat(), os.geteuid()
    strangers = [owner for owner in (status.st_uid, folder.lstat().st_uid) if owner not in (user, 0)]
    if strangers or status.st_uid != user:
        raise HostError(
            f"the folder {folder} belongs to another user", evidence=f"owner {status.st_uid}, and this is user {user}",
            hint="name another folder (LAB_HOME=/path/of/yours lab ...), or run lab as that user",
        )  # fmt: skip
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o022:
        raise HostError(
            f"other users may write to the folder {folder}", evidence=f"its mode is {mode:04o}",
            hint=f"remove what is not yours from it, then: chmod 700 {shlex.quote(str(folder))}",
        )  # fmt: skip
    if mode & 0o077:
        folder.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())  # a power cut must not leave the name without the bytes
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Writes the names in a folder to the disk. Windows cannot open a folder, and keeps names by itself."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(path: Path) -> None:
    """Writes a folder and all that is in it to the disk, before it is renamed into its place."""
    for folder, _, names in os.walk(path, topdown=False):
        for name in names:
            file = Path(folder) / name
            if file.is_file() and not file.is_symlink():
                with file.open("rb") as reader:
                    os.fsync(reader.fileno())
        sync_folder(Path(folder))
