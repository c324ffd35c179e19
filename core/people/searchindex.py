"""The index of members by what is typed, made anew from what it was made of: after a move to another engine."""

from core.base import db


@db.atomic
def fill() -> int:
    """Put every member into an empty index; how many."""
    if db.is_sqlite():
        return db.change(
            "INSERT INTO member_search (rowid, keys) SELECT member_id, search_keys FROM member_person"
            " WHERE search_keys <> ''"
        )
    return db.change(
        "INSERT INTO member_search (rowid, keys) SELECT member_id, array_to_tsvector(string_to_array(search_keys, ' '))"
        " FROM member_person WHERE search_keys <> ''"
    )
