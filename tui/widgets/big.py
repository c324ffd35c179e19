"""Letters five rows high, for a code that is read from across the counter."""

from rich.text import Text as RichText

DOTS = {
    "0": "### #.# #.# #.# ###",
    "1": ".#. ##. .#. .#. ###",
    "2": "### ..# ### #.. ###",
    "3": "### ..# .## ..# ###",
    "4": "#.# #.# ### ..# ..#",
    "5": "### #.. ### ..# ###",
    "6": "### #.. ### #.# ###",
    "7": "### ..# ..# .#. .#.",
    "8": "### #.# ### #.# ###",
    "9": "### #.# ### ..# ###",
    "A": ".#. #.# ### #.# #.#",
    "B": "##. #.# ##. #.# ##.",
    "C": ".## #.. #.. #.. .##",
    "D": "##. #.# #.# #.# ##.",
    "E": "### #.. ##. #.. ###",
    "F": "### #.. ##. #.. #..",
    "G": ".## #.. #.# #.# .##",
    "H": "#.# #.# ### #.# #.#",
    "J": "..# ..# ..# #.# .#.",
    "K": "#.# #.# ##. #.# #.#",
    "M": "#.# ### ### #.# #.#",
    "N": "##. #.# #.# #.# #.#",
    "P": "##. #.# ##. #.. #..",
    "Q": ".#. #.# #.# .#. ..#",
    "R": "##. #.# ##. #.# #.#",
    "S": ".## #.. .#. ..# ##.",
    "T": "### .#. .#. .#. .#.",
    "V": "#.# #.# #.# #.# .#.",
    "W": "#.# #.# ### ### #.#",
    "X": "#.# #.# .#. #.# #.#",
    "Y": "#.# #.# .#. .#. .#.",
    "Z": "### ..# .#. #.. ###",
}
"""Five rows of three dots for each sign of the codes; a dot is two cells wide."""


def big_lines(code: str, *, style: str = "bold") -> list[RichText]:
    """The code as five lines; four signs take 30 cells, a dash between groups of four eight more."""
    groups = [code[at : at + 4] for at in range(0, len(code), 4)]
    return [
        RichText("    ".join(_group(group, row) for group in groups), style, end="", no_wrap=True) for row in range(5)
    ]


def _group(group: str, row: int) -> str:
    signs = (DOTS[sign].split()[row] for sign in group)
    return "  ".join("".join("██" if dot == "#" else "  " for dot in dots) for dots in signs)
