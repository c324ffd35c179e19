"""QR codes as one SVG path: small, sharp at any size, no drawing library at run time."""

from urllib.parse import urlsplit

import qrcode
from markupsafe import Markup
from qrcode.constants import ERROR_CORRECT_M

QUIET = 4
"""Modules of white around the code; readers need them."""


def svg(text: str, *, label: str = "") -> Markup:
    """A QR of a text as an SVG element; upper-case texts take the smaller alphanumeric mode.

    `label` says what it is to who cannot see it.
    """
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    matrix = code.get_matrix()
    size = len(matrix)
    white, black = f"M0 0h{size}v{size}H0z", _path(matrix)
    picture = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges"'
        ' role="img" aria-label="{label}"><path fill="#fff" d="{white}"/><path fill="#000" d="{black}"/></svg>'
    )
    return picture.format(size=size, label=label or "QR", white=white, black=black)


def _path(matrix: list[list[bool]]) -> str:
    """Each run of dark modules in a row as one rectangle."""
    parts = []
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                parts.append(f"M{start} {y}h{x - start}v1H{start}z")
            x += 1
    return "".join(parts)


def join_url(base_url: str, token: str) -> str:
    """The address of a join link, upper-case where that changes nothing (scheme, host, our own path)."""
    url = f"{base_url}/J/{token}"
    return url if urlsplit(base_url).path else url.upper()
