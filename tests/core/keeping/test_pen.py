"""What printed sheets are drawn with."""

import re

from core.keeping import pen


def test_bold_chinese_is_outlined_in_its_own_colour() -> None:
    page, done = pen.begun("月报", "桂花里", "zh")
    page.setPageCompression(0)
    page.setFillColorRGB(0.1, 0.2, 0.3)
    page.setStrokeColorRGB(0.85, 0.85, 0.85)
    pen.say(page, 10, 10, "营业额 40", 12, bold=True)
    page.line(0, 0, 10, 0)
    drawn = done().decode("latin-1")
    assert re.search(r"\.85 \.85 \.85 RG\s+q\s.*BT.*\.1 \.2 \.3 RG.*2 Tr.*ET\s+Q\s+n 0 0 m", drawn, re.DOTALL)
