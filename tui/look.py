"""Four looks of six semantic colours; a colour means something or is absent. One draws with ASCII alone."""

from dataclasses import dataclass

from rich.theme import Theme as Names
from textual.theme import Theme


@dataclass(frozen=True)
class Look:
    """The colours of one look, as hex. `paper` is the ground, `sheet` what lies on it."""

    id: str
    paper: str
    sheet: str
    text: str
    quiet: str
    accent: str
    good: str
    warn: str
    bad: str
    dark: bool
    ascii: bool = False

    def theme(self) -> Theme:
        """For the style sheet: $text, $quiet, $accent, $good, $warn, $bad, $paper and $sheet."""
        own = {"text": self.text, "quiet": self.quiet, "good": self.good, "warn": self.warn, "bad": self.bad}
        rest = {
            "paper": self.paper,
            "sheet": self.sheet,
            "block-cursor-background": self.accent,
            "block-cursor-foreground": self.paper,
            "scrollbar": self.quiet,
            "scrollbar-hover": self.quiet,
            "scrollbar-background": self.paper,
            "scrollbar-background-hover": self.paper,
        }
        return Theme(
            name=self.id, primary=self.accent, accent=self.accent, warning=self.warn, error=self.bad,
            success=self.good, foreground=self.text, background=self.paper, surface=self.paper,
            panel=self.sheet, dark=self.dark, variables={**own, **rest},
        )  # fmt: skip

    def names(self) -> Names:
        """For texts: 'quiet', 'bad' … as style names; 'off' is what cannot be done, 'key' a key."""
        colours = ("text", "quiet", "accent", "good", "warn", "bad")
        styles = {name: getattr(self, name) for name in colours}
        return Names(
            {
                **styles,
                "off": f"dim {self.quiet}",
                "key": f"bold {self.accent}",
                "here": f"bold {self.accent}",
                "rule": self.quiet,
            }
        )


LOOKS = (
    Look(
        "dark", "#16181c", "#22262c",
        "#e6e6e6", "#9aa0a8", "#6cb6ff", "#6bc46d", "#d9b13b", "#f47067", True,
    ),
    Look(
        "light", "#fbfaf7", "#efede6",
        "#1f2328", "#5c636e", "#0b5cad", "#1a6f33", "#855800", "#b42318", False,
    ),
    Look(
        "contrast", "#000000", "#101010",
        "#ffffff", "#d0d0d0", "#ffff00", "#00ff66", "#ffb000", "#ff7b7b", True,
    ),
    Look(
        "ascii", "#16181c", "#22262c",
        "#e6e6e6", "#9aa0a8", "#6cb6ff", "#6bc46d", "#d9b13b", "#f47067", True, ascii=True,
    ),
)  # fmt: skip
"""In the order in which they follow one another."""

_ASCII = {
    "─–—−": "-", "│": "|", "·": ".", "…": "~", "●": "*", "○": "o", "◐": "c", "◆": "#", "☒✗×": "x", "☐": "_",
    "✓▼↓": "v", "▲↑": "^", "‹←": "<", "›→": ">", "“”": '"', "‘’": "'",
    "▁▏▎": ".", "▂▍": ":", "▃▌": "-", "▄▋░": "=", "▅▊▒": "+", "▆▇▉█▓": "#",
}  # fmt: skip
IN_ASCII = str.maketrans({sign: plain for signs, plain in _ASCII.items() for sign in signs})
"""Signs that terminals for Chinese may draw two cells wide, each with one that never is."""


def in_ascii(text: str) -> str:
    """A text without signs of ambiguous width; Chinese stays, and so does its width in cells."""
    return text.translate(IN_ASCII)
