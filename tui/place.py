"""Where this back-office stands."""

import os

TILL = os.environ.get("REGULARS_TILL", "1")
"""Which till of the store this terminal is."""
