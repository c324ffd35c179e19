"""Codes in a camera's frame: grey bytes in, text out. A frame is looked at once, never stored or logged."""

import zxingcpp

from core.base.errors import Invalid
from core.base.i18n import N_

FRAME_LIMIT = 180 * 1024
LONGEST_SIDE = 640
LONGEST_TEXT = 256


class FrameInvalid(Invalid):
    """The bytes are not a grey picture of the size named."""

    code = "frame_invalid"
    text = N_("The camera's picture cannot be read. Scan the code at the reader instead.")


def read(frame: bytes, *, width: int, height: int) -> str | None:
    """The text of the first code in a picture of one byte a pixel; None if there is none.

    Raises: FrameInvalid.
    """
    fits = 0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE
    if not fits or len(frame) > FRAME_LIMIT or len(frame) != width * height:
        raise FrameInvalid(field="frame")
    picture = memoryview(frame).cast("B", (height, width))
    found = zxingcpp.read_barcodes(picture, text_mode=zxingcpp.TextMode.Plain)
    for one in found:
        if one.text and len(one.text) <= LONGEST_TEXT and one.text.isprintable():
            return str(one.text)
    return None
