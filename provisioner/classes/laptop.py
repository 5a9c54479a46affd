"""A laptop that has joined a class: what is done on it is told to the trainer's board, once there is a network.

Events go there (what was checked, what came of it, when), and neither keys nor screens. What comes back is messages and a
clock.
"""

import hashlib
import http.client
import json
import ssl
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from provisioner.core.errors import HostError, LabError, UsageError
from provisioner.core.paths import Home, private_folder
from provisioner.core.state_file import Format
from provisioner.progress.store import JOINED, Store

if TYPE_CHECKING:
    from filelock import FileLock

_FORMAT = Format("the note of the class that this computer has joined")
_PATIENCE = 10.0  # seconds for an answer
_MOST_ANSWER = 1 << 16  # bytes
BATCH = 200  # events of one report
_MOST_MESSAGES, _LONGEST_TEXT = 20, 1000  # of one answer; characters
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0  # seconds between two attempts
TURN_PATIENCE = 30.0  # seconds for another process that is sending
GIVE_UP = 600.0  # seconds without a network, after which the next command tries again


@dataclass(frozen=True)
class Joined:
    """fingerprint: SHA-256 of the server's certificate, empty without TLS. device: this computer, for the server. sent: the
    number of the last event that the server has. messages: of the trainer, which were not shown yet. last_message: the number
    of the last one that has come."""

    address: str
    fingerprint: str
    token: str
    class_name: str
    learner: str
    device: str
    sent: int = 0
    until: float | None = None
    messages: tuple[str, ...] = field(default=())
    last_message: int = 0

    def write(self, home: Home) -> None:
        private_folder(home.state)
        _FORMAT.write(home.state / JOINED, asdict(self))


def read(home: Home) -> Joined | None:
    """None where this computer has joined no class. Raises LabError."""
    file = home.state / JOINED
    if not file.exists():
        return None
    try:
        values = _FORMAT.read(file)
        values["messages"] = tuple(values.get("messages", ()))
        return Joined(**values)
    except (OSError, ValueError, TypeError) as error:
        evidence = f"{file}: {error}"
        raise LabError("the note of the class cannot be read", evidence=evidence, hint="lab leave, then join anew") from None


def join(home: Home, address: str, code: str, fingerprint: str) -> Joined:
    """Enters with the code of a card. What was done before is not told, but for what waits since an earlier time in the same
    class. Raises HostError and UsageError."""
    earlier, device = read(home), str(uuid.uuid4())
    answer = _post(address, fingerprint, "/join", {"code": code, "device": device}, "")
    if "token" not in answer:
        raise UsageError("this is no code of this class, or it was used", hint="your trainer has another one for you")
    place = str(answer["class"]), str(answer["learner"])
    joined = Joined(address, fingerprint, str(answer["token"]), *place, device, Store(home.events).last_number())
    if earlier and (earlier.class_name, earlier.learner) == place:
        joined = replace(earlier, address=address, fingerprint=fingerprint, token=joined.token)
    joined.write(home)
    return joined


def read_fingerprint(address: str) -> str:
    """SHA-256 of the certificate that a server shows, for somebody to compare with their card. Raises HostError."""
    parts = urlsplit(address)
    try:
        certificate = ssl.get_server_certificate((parts.hostname or "", parts.port or 443), timeout=_PATIENCE)
    except OSError as error:
        raise _unreachable(address, error) from None
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest().upper()


def send(home: Home) -> int:
    """Tells the server all that it does not have yet, in batches. Returns how many events. Raises HostError."""
    count = 0
    while (joined := read(home)) is not None:
        batch = Store(home.events).events_after(joined.sent, most=BATCH)
        events = [{"id": number, **event.as_dict()} for number, event in batch]
        report = {"device": joined.device, "events": events, "last_message": joined.last_message}
        answer = _post(joined.address, joined.fingerprint, "/report", report, joined.token)
        sent = max((number for number, _ in batch), default=joined.sent)
        _note(home, sent, _read_messages(answer, joined.last_message), _read_end(answer))
        count += len(batch)
        if len(batch) < BATCH:
            break
    return count


def count_waiting(home: Home, joined: Joined) -> int:
    """Events that the server does not have yet."""
    return len(Store(home.events).events_after(joined.sent))


def show_messages(home: Home) -> list[str]:
    """What the trainer has said and was not shown yet; from then on it is."""
    with _lock(home):
        joined = read(home)
        if joined is None or not joined.messages:
            return []
        replace(joined, messages=()).write(home)
        return list(joined.messages)


def _note(home: Home, sent: int, messages: dict[int, str], until: float | None) -> None:
    """What came back: messages by their numbers. Other commands write there, too."""
    with _lock(home):
        if joined := read(home):
            news = {number: text for number, text in messages.items() if number > joined.last_message}
            joined = replace(joined, sent=max(joined.sent, sent), last_message=max([joined.last_message, *news]), until=until)
            replace(joined, messages=(*joined.messages, *news.values())).write(home)


def _read_messages(answer: Mapping[str, Any], last_message: int) -> dict[int, str]:
    """Those that are new. Raises HostError for what no server of a class says."""
    try:
        pairs = [(int(item["id"]), str(item["text"])[:_LONGEST_TEXT]) for item in answer["messages"][:_MOST_MESSAGES]]
    except (KeyError, TypeError, ValueError) as error:
        raise HostError("what answers is no server of a class", evidence=str(error), hint="lab join --status") from None
    return {number: text for number, text in pairs if number > last_message}


def _read_end(answer: Mapping[str, Any]) -> float | None:
    until = answer.get("until")
    return float(until) if isinstance(until, int | float) else None


def _lock(home: Home) -> "FileLock":
    from filelock import FileLock

    return FileLock(home.state / ".joined.note.lock", mode=0o600)


def leave(home: Home) -> None:
    (home.state / JOINED).unlink(missing_ok=True)


def keep_sending(home: Home) -> None:
    """Until all is sent; without a network again and again, for a while."""
    pause, start = _FIRST_PAUSE, time.monotonic()
    while time.monotonic() - start < GIVE_UP:
        with suppress(HostError):
            send(home)
            return
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)


def _post(address: str, fingerprint: str, path: str, message: Mapping[str, object], token: str) -> dict[str, Any]:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{address!r} is no address of a class", hint="as on the card: https://192.0.2.10:8443")
    connection = _connect(parts.scheme, parts.hostname, parts.port, fingerprint, address)
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    try:
        connection.request("POST", path, json.dumps(message), headers)
        response = connection.getresponse()
        text = response.read(_MOST_ANSWER)
        if response.status != http.client.OK:
            reason = text.decode("utf-8", "replace").strip()[:200]
            raise HostError(f"the class at {address} answers {response.status}", evidence=reason, hint="ask your trainer")
        answer = json.loads(text)
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _unreachable(address, error) from None
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else {}


def _connect(scheme: str, host: str, port: int | None, fingerprint: str, address: str) -> http.client.HTTPConnection:
    """Over TLS to the server with that fingerprint only, whoever has signed its certificate; without one, as browsers do it."""
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=_PATIENCE)
    context = ssl.create_default_context()
    if fingerprint:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection(host, port, timeout=_PATIENCE, context=context)
    if fingerprint:
        try:
            connection.connect()
        except OSError as error:
            raise _unreachable(address, error) from None
        certificate = connection.sock.getpeercert(binary_form=True)
        if hashlib.sha256(certificate or b"").hexdigest().upper() != fingerprint.replace(":", "").upper():
            connection.close()
            raise HostError(f"{address} is not the class that was joined", evidence="its certificate is another one",
                            hint="ask your trainer for the fingerprint, then: lab join ADDRESS CODE")  # fmt: skip
    return connection


def _unreachable(address: str, error: Exception) -> HostError:
    return HostError(f"the class at {address} cannot be reached", evidence=str(error),
                     hint="nothing is lost: it is sent when there is a network again")  # fmt: skip
