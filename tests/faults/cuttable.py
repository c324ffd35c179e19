"""A file system that can lose its power: every write of SQLite is noted, and only what was synced is sure to stay.

SQLite calls the file system through a table of functions. Here a copy of that table is put in its place,
whose write, truncate, sync and delete note what they do and then do it (by ctypes, in the library that the
database driver brings along). From the notes the files can be built as a cut at any moment would leave
them: what was synced is there, and of each later write any 512-byte sector may be there or not.
"""

import ctypes
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pysqlite3._sqlite3 as driver

SECTOR = 512
_int, _ptr, _i64 = ctypes.c_int, ctypes.c_void_p, ctypes.c_int64
OPEN = ctypes.CFUNCTYPE(_int, _ptr, _ptr, _ptr, _int, _ptr)
DELETE = ctypes.CFUNCTYPE(_int, _ptr, ctypes.c_char_p, _int)
WRITE = ctypes.CFUNCTYPE(_int, _ptr, _ptr, _int, _i64)
TRUNCATE = ctypes.CFUNCTYPE(_int, _ptr, _i64)
SYNC = ctypes.CFUNCTYPE(_int, _ptr, _int)


class _Vfs(ctypes.Structure):
    """sqlite3_vfs, as sqlite.org/c3ref/vfs.html has it."""

    _fields_ = [("version", _int), ("file_size", _int), ("longest_path", _int), ("next", _ptr),
                ("name", ctypes.c_char_p), ("data", _ptr), ("open", _ptr), ("delete", _ptr),
                *((f"other{number}", _ptr) for number in range(14))]  # fmt: skip


class _Methods(ctypes.Structure):
    """sqlite3_io_methods, as sqlite.org/c3ref/io_methods.html has it."""

    _fields_ = [("version", _int), ("close", _ptr), ("read", _ptr), ("write", _ptr), ("truncate", _ptr),
                ("sync", _ptr), *((f"other{number}", _ptr) for number in range(13))]  # fmt: skip


@dataclass(frozen=True)
class Note:
    """One thing that happened: 'write', 'truncate', 'sync' or 'delete' of a file, or an 'answer' that was given."""

    what: str
    path: str = ""
    offset: int = 0
    data: bytes = b""


class Recorder:
    """The notes, and the functions that stand in for those of the file system. Kept for the life of the process."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.paths: dict[int, str] = {}
        self.kept: list[Any] = []
        self.methods: dict[int, ctypes.Array[Any]] = {}
        library = ctypes.CDLL(driver.__file__)
        library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        library.sqlite3_vfs_find.argtypes = [ctypes.c_char_p]
        library.sqlite3_vfs_register.argtypes = [_ptr, _int]
        self.real = library.sqlite3_vfs_find(None)
        own = _Vfs.from_buffer_copy(self.real.contents)
        own.name = b"cuttable"
        self.real_open, self.real_delete = OPEN(own.open), DELETE(own.delete)
        own.open, own.delete = self._keep(OPEN(self._open)), self._keep(DELETE(self._delete))
        self.kept.append(own)
        assert library.sqlite3_vfs_register(ctypes.addressof(own), 1) == 0

    def _keep(self, function: Any) -> int | None:
        self.kept.append(function)
        return ctypes.cast(function, _ptr).value

    def _open(self, _vfs: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        result: int = self.real_open(ctypes.addressof(self.real.contents), name, file, flags, out)
        table = ctypes.cast(file, ctypes.POINTER(_ptr))
        if result == 0 and table[0]:
            self.paths[file] = ctypes.cast(name, ctypes.c_char_p).value.decode() if name else ""  # type: ignore[union-attr]
            if table[0] not in self.methods:
                self._patch(table[0])
            table[0] = ctypes.addressof(self.methods[table[0]])
        return result

    def _patch(self, real: int) -> None:
        """A copy of a table of file functions whose write, truncate and sync are noted."""
        own = _Methods.from_buffer_copy(ctypes.cast(real, ctypes.POINTER(_Methods)).contents)
        write, truncate, sync = WRITE(own.write), TRUNCATE(own.truncate), SYNC(own.sync)

        def writes(file: int, data: int, size: int, offset: int) -> int:
            self.notes.append(Note("write", self.paths[file], offset, ctypes.string_at(data, size)))
            return int(write(file, data, size, offset))

        def truncates(file: int, size: int) -> int:
            self.notes.append(Note("truncate", self.paths[file], size))
            return int(truncate(file, size))

        def syncs(file: int, flags: int) -> int:
            result = int(sync(file, flags))
            self.notes.append(Note("sync", self.paths[file]))
            return result

        own.write, own.truncate = self._keep(WRITE(writes)), self._keep(TRUNCATE(truncates))
        own.sync = self._keep(SYNC(syncs))
        self.methods[real] = self.methods[ctypes.addressof(own)] = own  # type: ignore[assignment]

    def _delete(self, vfs: int, name: bytes, sync: int) -> int:
        self.notes.append(Note("delete", name.decode()))
        return int(self.real_delete(ctypes.addressof(self.real.contents), name, sync))

    def answered(self, number: int) -> None:
        """Somebody was told that something is done."""
        self.notes.append(Note("answer", offset=number))


# --- after the cut -------------------------------------------------------------------------------


def after_cut(notes: list[Note], rng: random.Random) -> dict[str, bytes]:
    """The files as they stand when the power comes back, by path; what was never synced may be half there."""
    sure: dict[str, bytearray] = {}
    loose: dict[str, list[Note]] = {}
    for note in notes:
        if note.what in ("write", "truncate"):
            loose.setdefault(note.path, []).append(note)
        elif note.what == "sync":
            for waiting in loose.pop(note.path, []):
                _apply(sure.setdefault(note.path, bytearray()), waiting, lambda: True)
        elif note.what == "delete":
            loose.pop(note.path, None)
            sure.pop(note.path, None)
    for path, waiting_ones in loose.items():
        for waiting in waiting_ones:
            _apply(sure.setdefault(path, bytearray()), waiting, lambda: rng.random() < 0.5)
    return {path: bytes(content) for path, content in sure.items()}


def _apply(content: bytearray, note: Note, survives: Callable[[], bool]) -> None:
    """Do one write or truncation sector by sector, as far as each survives."""
    if note.what == "truncate":
        if survives():
            del content[note.offset :]
        return
    for start in range(0, len(note.data), SECTOR):
        part, at = note.data[start : start + SECTOR], note.offset + start
        if survives():
            if len(content) < at:
                content.extend(bytes(at - len(content)))
            content[at : at + len(part)] = part
