"""Files of an old system: encodings, separators, titles above the headers, and files made to do harm."""

import random
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
import xlsxwriter

from core.keeping.movein import archives, encodings, fields, mapping, reading
from core.keeping.movein.archives import ArchiveHostile
from core.keeping.movein.encodings import EncodingUnknown
from core.keeping.movein.mapping import ColumnMissing, ColumnUnknown, FieldTwice, FieldUnknown
from core.keeping.movein.reading import FileTooLarge, FileUnreadable, HeaderMissing, SheetUnknown
from tests import oldbook
from tests.shops import Shop

LINES = "姓名,手机号码,积分余额\n欧阳娜娜,13800138000,120\n张伟,13900139000,5\n"
TRADITIONAL = "姓名,手機,備註\n歐陽娜娜,13800138000,喜歡烏龍茶\n張偉,13900139000,會員\n"


def written(folder: Path, data: bytes | str, name: str = "old.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_short_file_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    table = reading.read(written(tmp_path, LINES, encoding=encoding), "members")
    assert table.encoding == encoding
    assert table.headers == ("姓名", "手机号码", "积分余额")
    assert table.rows == ((2, ["欧阳娜娜", "13800138000", "120"]), (3, ["张伟", "13900139000", "5"]))


@pytest.mark.parametrize("line", ["欧阳娜娜", "张", "王小明,李雷", "备注：常客（靠窗）"])
def test_a_line_of_gbk_is_not_taken_for_korean(line: str) -> None:
    assert encodings.guess(f"姓名,电话\n{line},13800138000\n".encode("gbk")) == "gb18030"


def test_big5_is_told_from_gb18030(tmp_path: Path) -> None:
    table = reading.read(written(tmp_path, TRADITIONAL, encoding="big5"), "members")
    assert (table.encoding, table.rows[0][1][2]) == ("big5", "喜歡烏龍茶")


def test_a_named_encoding_wins_and_may_be_wrong(tmp_path: Path) -> None:
    path = written(tmp_path, TRADITIONAL, encoding="big5")
    assert reading.read(path, "members", encoding="big5").encoding == "big5"
    with pytest.raises(EncodingUnknown, match="utf-8"):
        reading.read(path, "members", encoding="utf-8")
    with pytest.raises(EncodingUnknown):
        reading.read(path, "members", encoding="klingon")


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_separators_are_found(tmp_path: Path, mark: str) -> None:
    table = reading.read(written(tmp_path, LINES.replace(",", mark)), "members")
    assert (table.delimiter, len(table.headers)) == (mark, 3)


def test_titles_above_the_headers_are_passed_over_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    table = reading.read(written(tmp_path, f"会员资料,,\n导出日期,2026-05-29,\n\n{LINES}\n\n李雷,,\n"), "members")
    assert (table.header_row, [number for number, _ in table.rows]) == (4, [5, 6, 9])


def test_a_table_without_headers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HeaderMissing):
        reading.read(written(tmp_path, "1,2,3\n4,5,6\n"), "members")


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="it is empty"):
        reading.read(written(tmp_path, ""), "members")


def book(path: Path) -> Path:
    made = xlsxwriter.Workbook(str(path))
    made.add_worksheet("商品").write_row(0, 0, ["商品名称"])
    made.add_worksheet("会员").write_row(0, 0, ["手机", "积分"])
    made.get_worksheet_by_name("会员").write_row(1, 0, [13800138000, 12])
    made.close()
    return path


def test_a_sheet_is_chosen_by_name_or_number(tmp_path: Path) -> None:
    path = book(tmp_path / "old.xlsx")
    assert reading.read(path, "members", sheet="会员").rows == ((2, [13800138000.0, 12.0]),)
    assert reading.read(path, "members", sheet="2").sheet == "会员"
    first, second = (reading.read(path, "sales", sheet=sheet) for sheet in ("商品", "会员"))
    assert (first.headers, first.hash == second.hash) == (("商品名称",), False)
    with pytest.raises(HeaderMissing):
        reading.read(path, "members")
    with pytest.raises(SheetUnknown, match="商品, 会员"):
        reading.read(path, "members", sheet="3")


def test_a_workbook_of_the_old_kind_is_read(tmp_path: Path) -> None:
    rows = [["会员资料"], ["手机", "积分"], [13800138000.0, 12.0], ["13900139000", 5.0]]
    table = reading.read(written(tmp_path, oldbook.made(rows), "old.xls"), "members")
    assert (table.header_row, table.headers) == (2, ("手机", "积分"))
    assert table.rows == ((3, [13800138000.0, 12.0]), (4, ["13900139000", 5.0]))


# --- files made to do harm -------------------------------------------------------------------------


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    for data in (
        b"name,phone\x00\n1,2\n",
        b"PK\x03\x04 not an archive",
        b"\xd0\xcf\x11\xe0 no workbook",
        b"\x89PNG\r\n\x1a\n\x00",
    ):
        with pytest.raises((FileUnreadable, ArchiveHostile, EncodingUnknown)):
            reading.read(written(tmp_path, data), "members")
    with pytest.raises(FileUnreadable):
        reading.read(tmp_path / "nowhere.csv", "members")


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(reading.MOST_BYTES + 1)
    with pytest.raises(FileTooLarge, match="bytes"):
        reading.read(path, "members")
    with pytest.raises(FileTooLarge, match="columns"):
        reading.read(written(tmp_path, "手机," * 300), "members")
    with pytest.raises(FileTooLarge, match="rows"):
        reading.read(written(tmp_path, "手机\n" + "1\n" * (reading.MOST_ROWS + 1)), "members")


def archive(parts: dict[str, bytes]) -> bytes:
    from io import BytesIO

    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return made.getvalue()


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    bomb = archive({"xl/worksheets/sheet1.xml": b"0" * 50_000_000})
    assert len(bomb) < 60_000
    with pytest.raises(ArchiveHostile, match="bytes"):
        reading.read(written(tmp_path, bomb, "bomb.xlsx"), "members")


def test_an_archive_that_lies_about_its_sizes_is_refused(tmp_path: Path) -> None:
    bomb = bytearray(archive({"xl/sharedStrings.xml": b"0" * 50_000_000}))
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = bomb.index(mark)
        bomb[at + place : at + place + 4] = struct.pack("<I", 1000)
    with pytest.raises(ArchiveHostile, match="bytes"):
        archives.check(bytes(bomb), "bomb.xlsx")


def test_a_cell_far_away_makes_no_room_for_all_between(tmp_path: Path) -> None:
    path = tmp_path / "far.xlsx"
    made = xlsxwriter.Workbook(str(path))
    sheet = made.add_worksheet()
    sheet.write(0, 0, "手机")
    sheet.write(1_048_575, 16_383, "x")
    made.close()
    with pytest.raises(ArchiveHostile, match="cells"):
        reading.read(path, "members")


def document(rows: str) -> bytes:
    """An ODS of these rows."""
    names = " ".join(
        f'xmlns:{one}="urn:oasis:names:tc:opendocument:xmlns:{one}:1.0"' for one in ("office", "table", "text")
    )
    body = f'<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table>'
    body += "</office:spreadsheet></office:body>"
    return archive(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": b"<manifest/>",
            "content.xml": f"<office:document-content {names}>{body}</office:document-content>".encode(),
        }
    )


def cells(*said: str, times: int = 1) -> str:
    return "".join(
        f'<table:table-cell office:value-type="string" table:number-columns-repeated="{times}"><text:p>{one}</text:p>'
        "</table:table-cell>"
        for one in said
    )


def lines(inside: str, times: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{times}">{inside}</table:table-row>'


def test_an_open_document_is_read_and_its_empty_end_is_no_matter(tmp_path: Path) -> None:
    end = lines('<table:table-cell table:number-columns-repeated="16384"/>', 1_048_000)
    made = document(lines(cells("姓名", "手机")) + lines(cells("王小明", "13800138000")) + end)
    table = reading.read(written(tmp_path, made, "old.ods"), "members")
    assert table.rows == ((2, ["王小明", "13800138000"]),)


def test_an_open_document_that_repeats_itself_is_refused(tmp_path: Path) -> None:
    bomb = document(lines(cells("手机")) + lines(cells("1", times=1_000), 1_000_000))
    assert len(bomb) < 1_500
    with pytest.raises(ArchiveHostile, match="cells"):
        reading.read(written(tmp_path, bomb, "bomb.ods"), "members")
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with pytest.raises(ArchiveHostile):
        archives.check(archive({"content.xml": entities}), "entities.ods")


def test_many_parts_are_refused() -> None:
    with pytest.raises(ArchiveHostile, match="parts"):
        archives.check(archive({f"{at}.xml": b"" for at in range(2_001)}), "parts.xlsx")


def test_no_broken_workbook_makes_reading_fail(tmp_path: Path) -> None:
    whole, dice = book(tmp_path / "old.xlsx").read_bytes(), random.Random(7)
    refused = (FileUnreadable, ArchiveHostile, SheetUnknown, HeaderMissing, FileTooLarge)
    for _ in range(150):
        broken = bytearray(whole[: dice.choice((len(whole), dice.randrange(8, len(whole))))])
        for _ in range(dice.randrange(1, 6)):
            broken[dice.randrange(4, len(broken))] = dice.randrange(256)
        with suppress(*refused):
            reading.read(written(tmp_path, bytes(broken), "broken.xlsx"), "members", sheet="会员")


# --- what columns mean -----------------------------------------------------------------------------


def guessed(folder: Path, header: str) -> dict[str, str]:
    table = reading.read(written(folder, f"{header}\n1\n"), "members")
    found = mapping.guess(table, "members")
    return {table.headers[at]: name for at, name in found.columns.items()}


def test_headers_are_known_in_both_languages(tmp_path: Path, one_shop: Shop) -> None:
    header = (
        "会员卡号,会员姓名,手机号码(必填),性别,农历生日,会员等级,积分余额,积分到期日,本金,赠送金,次卡,优惠券,门店,随便"
    )
    assert list(guessed(tmp_path, header).values()) == [
        "card", "name", "phone", "gender", "lunar_birthday", "tier", "points", "points_expiry", "principal", "bonus",
        "passes", "coupons", "store",
    ]  # fmt: skip
    assert list(guessed(tmp_path, "Card No.,Full Name,Mobile,Date of Birth,Points Balance,Stored Value").values()) == [
        "card", "name", "phone", "birthday", "points", "stored",
    ]  # fmt: skip


def test_of_two_columns_for_one_field_the_usual_word_wins(tmp_path: Path, one_shop: Shop) -> None:
    assert guessed(tmp_path, "联系电话,手机,储值余额,本金") == {
        "手机": "phone",
        "储值余额": "stored",
        "本金": "principal",
    }


def test_a_mapping_is_changed_by_hand_and_checked(tmp_path: Path, one_shop: Shop) -> None:
    table = reading.read(written(tmp_path, LINES), "members")
    made = mapping.guess(table, "members")
    by_hand = mapping.changed(mapping.changed(made, "积分余额", "note"), "1", "")
    assert dict(by_hand.columns) == {1: "phone", 2: "note"}
    assert mapping.restored(table, "members", by_hand.stored()) == by_hand
    with pytest.raises(FieldTwice, match="“手机号码” and “积分余额”"):
        mapping.check(mapping.changed(made, "积分余额", "phone"))
    with pytest.raises(ColumnMissing, match="phone / card"):
        mapping.check(mapping.changed(made, "手机号码", ""))
    with pytest.raises(FieldUnknown):
        mapping.changed(made, "姓名", "shoe_size")
    with pytest.raises(ColumnUnknown):
        mapping.changed(made, "鞋码", "note")


@pytest.mark.parametrize("kind", fields.KINDS)
def test_no_word_means_two_things(kind: fields.Kind) -> None:
    words = [word for said in fields.WORDS[kind].values() for word in dict.fromkeys(said.split())]
    assert sorted(word for word in set(words) if words.count(word) > 1) == []
    assert [word for word in words if fields.key(word) != word] == []
    assert fields.WORDS[kind].keys() == fields.LABELS[kind].keys()
