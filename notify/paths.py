"""What stands where in an answer of JSON."""

import json
from typing import Any


def at(value: Any, path: str) -> str | None:
    """What stands at a path like data.0.code, as text; None if nothing does."""
    found = reach(value, path)
    if found is None or isinstance(found, list | dict):
        return None
    return json.dumps(found) if isinstance(found, bool) else str(found)


def reach(value: Any, path: str) -> Any:
    """What stands at a path; a number counts in a list, '' is the whole."""
    for step in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
