"""What becomes of rows and what they bring, in words: the same at every door."""

from core.base.i18n import N_

STATES: dict[str, str] = {
    "running": N_("not finished"), "done": N_("done"), "undoing": N_("being undone"), "undone": N_("undone"),
}  # fmt: skip
OUTCOMES: dict[str, str] = {
    "new": N_("new"), "double": N_("twice in the file"), "there": N_("in the shop already"),
    "faulty": N_("with faults"), "undone": N_("taken back"), "kept": N_("kept, used since"),
}  # fmt: skip
AMOUNTS: dict[str, str] = {
    "members": N_("members"), "points": N_("points"), "principal_cents": N_("principal"), "bonus_cents": N_("bonus"),
    "pass_uses": N_("uses of passes"), "coupons": N_("coupons"), "products": N_("products"),
    "stock_milli": N_("stock"), "sales": N_("sales"), "total_cents": N_("takings"),
}  # fmt: skip
