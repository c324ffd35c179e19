"""The lottery's wheel as one SVG: sectors as wide as their odds, none too narrow to be seen."""

import math
from collections.abc import Sequence

from markupsafe import Markup

LEAST_DEG = 6.0
LABEL_AT, DIGIT = 82, 0.62
"""How far from the middle a number stands, and how wide a digit is for its height."""
COLOURS = ("#1d5a49", "#b7791f", "#8f2414", "#2f5d8a", "#6b4c8a", "#4a6b1f")
EMPTY = "#e7dfd0"


def angles(parts: Sequence[int]) -> list[float]:
    """The width of each sector in degrees, together 360; parts of 0 get none, small ones the least that is seen."""
    shown = {place: part for place, part in enumerate(parts) if part > 0}
    narrow: set[int] = set()
    while True:
        rest = sum(part for place, part in shown.items() if place not in narrow)
        room = 360 - LEAST_DEG * len(narrow)
        more = {place for place, part in shown.items() if place not in narrow and room * part < LEAST_DEG * rest}
        if not more:
            break
        narrow |= more
    wide = {place: LEAST_DEG if place in narrow else room * part / rest for place, part in shown.items()}
    return [wide.get(place, 0.0) for place in range(len(parts))]


def svg(parts: Sequence[int], at: int) -> Markup:
    """The wheel with the middle of sector `at` at the top; the last sector is the one without a prize."""
    wide = angles(parts)
    turned = -(sum(wide[:at]) + wide[at] / 2)
    start, drawn = 0.0, []
    for place, angle in enumerate(wide):
        colour = EMPTY if place == len(wide) - 1 else COLOURS[place % len(COLOURS)]
        if angle > 0:
            drawn.append(
                _sector(start, angle, colour) + (_label(start, angle, place, -turned) if colour != EMPTY else "")
            )
        start += angle
    return Markup(  # noqa: S704 (numbers and our own colours only)
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-110 -118 220 228" role="img" aria-hidden="true">'
        f'<g class="turning"><g transform="rotate({turned:.2f})">{"".join(drawn)}'
        '<circle r="14" fill="#faf6ee"/></g></g><path d="M-10 -116h20l-10 20z" fill="#26221c"/></svg>'
    )


def _sector(start: float, angle: float, colour: str) -> str:
    if angle >= 359.99:
        return f'<circle r="100" fill="{colour}"/>'
    (x1, y1), (x2, y2) = _point(start, 100), _point(start + angle, 100)
    wide = int(angle > 180)
    return f'<path d="M0 0L{x1:.2f} {y1:.2f}A100 100 0 {wide} 1 {x2:.2f} {y2:.2f}z" fill="{colour}" stroke="#faf6ee"/>'


def label_size(angle: float, digits: int) -> float:
    """How large a prize's number is written, so that it stays within its sector."""
    return min(15.0, math.radians(angle) * LABEL_AT / (digits * DIGIT))


def _label(start: float, angle: float, place: int, upright: float) -> str:
    x, y = _point(start + angle / 2, LABEL_AT)
    number = str(place + 1)
    size = label_size(angle, len(number))
    return (
        f'<text transform="translate({x:.1f} {y:.1f}) rotate({upright:.2f})" y="{size / 3:.1f}" font-size="{size:.1f}"'
        f' text-anchor="middle" fill="#fffdf8">{number}</text>'
    )


def _point(degrees: float, radius: float) -> tuple[float, float]:
    turn = math.radians(degrees - 90)
    return radius * math.cos(turn), radius * math.sin(turn)
