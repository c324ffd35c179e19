"""What a process has used: CPU seconds and the most memory it held."""

import ctypes
import time
from pathlib import Path


def cpu_s(pid: int) -> float:
    """User and system time of a process and all its threads, as in /proc/<pid>/stat but in nanoseconds.

    Raises: ProcessLookupError.
    """
    clock = ctypes.c_int()
    if ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock)):
        raise ProcessLookupError(pid)
    return time.clock_gettime(clock.value)


def peak_mb(pid: int | str = "self") -> float:
    """The most memory a process has held so far, in MB of 10^6 bytes."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ProcessLookupError(pid)


def shared_mb(pid: int) -> float:
    """The memory a process holds now, pages it shares divided among those who share them (PSS), in MB.

    Raises: ProcessLookupError.
    """
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii", "replace").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise ProcessLookupError(pid)
