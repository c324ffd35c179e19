"""Channel for development and demo: each message is a JSON line in a file, on disk when accepted."""

import json
import os
import threading
from collections.abc import Collection, Iterator
from dataclasses import asdict
from pathlib import Path

from notify.channel import Accepted, CannotTell, Outcome, OutMessage, Retry, Unknown


class FileChannel:
    """Appends messages to a file only its owner may read, for it holds addresses.

    Several processes may write the same file: each message is one append.
    """

    can_list = True
    inbound = False
    by_template = False

    def __init__(self, path: Path, name: str = "file") -> None:
        self.name = name
        self._path = path
        self._lock = threading.Lock()

    def send(self, message: OutMessage) -> Outcome:
        """Append and sync; a file that cannot be opened is a retry, one that breaks while writing unknown."""
        sid = f"file-{message.outbox_id}-{message.attempt}"
        row = {"sid": sid, "channel": self.name, **asdict(message)}
        row["attachments"] = [{"name": one.name, "bytes": len(one.data)} for one in message.attachments]
        line = json.dumps(row, ensure_ascii=False).encode(errors="backslashreplace") + b"\n"
        with self._lock:
            try:
                handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            except OSError as error:
                return Retry(f"open: {type(error).__name__}")
            try:
                _append(handle, line)
            except OSError as error:
                return Unknown(f"write: {type(error).__name__}")
            finally:
                os.close(handle)
        return Accepted(sid)

    def find(self, message: OutMessage, *, since_ms: int, taken: Collection[str]) -> str | None:
        """Return the first line of this outbox id with the same address and body.

        Ids are exact, so `since_ms` adds nothing; address and body guard against a file older
        than the database.

        Raises: CannotTell when the file exists but cannot be read.
        """
        wanted = (self.name, message.outbox_id, message.to, message.body)
        try:
            for row in self._rows():
                found = (row.get("channel"), row.get("outbox_id"), row.get("to"), row.get("body"))
                sid = row.get("sid")
                if found == wanted and isinstance(sid, str) and sid not in taken:
                    return sid
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CannotTell(f"read: {type(error).__name__}") from error
        return None

    def close(self) -> None:
        """The file is opened for each message, so nothing is held."""

    def _rows(self) -> Iterator[dict[str, object]]:
        with self._path.open("rb") as lines:
            for line in lines:
                try:
                    row = json.loads(line)
                except ValueError:
                    # A power cut can leave half a line: that message was never accepted.
                    continue
                if isinstance(row, dict):
                    yield row


def _append(handle: int, line: bytes) -> None:
    size = os.lseek(handle, 0, os.SEEK_END)
    if size:
        os.lseek(handle, size - 1, os.SEEK_SET)
        if os.read(handle, 1) != b"\n":
            # Half a line left by a crash must not swallow this one.
            line = b"\n" + line
    written = os.write(handle, line)
    if written != len(line):
        raise OSError("short write")
    os.fsync(handle)
