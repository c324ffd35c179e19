"""The words of messages about tickets in both languages, with their fields."""

FIELDS: dict[str, frozenset[str]] = {
    "ticket_reply": frozenset({"shop", "text", "number"}),
    "ticket_promised": frozenset({"shop", "kind", "number", "day"}),
    "ticket_closed": frozenset({"shop", "kind", "number"}),
}
WORDS: dict[tuple[str, str], str] = {
    ("ticket_reply", "en"): "[{shop}] {text}",
    ("ticket_reply", "zh"): "【{shop}】{text}",
    ("ticket_promised", "en"): "[{shop}] About your {kind}, no. {number}: we promise it for {day}.",
    ("ticket_promised", "zh"): "【{shop}】您的{kind}（单号 {number}），我们承诺于 {day} 完成。",
    ("ticket_closed", "en"): "[{shop}] Your {kind}, no. {number}, is dealt with. How did we do? One tap: {link}",
    ("ticket_closed", "zh"): "【{shop}】您的{kind}（单号 {number}）已处理完毕，请点此评价：{link}",
}
SAMPLES: dict[str, dict[str, str]] = {
    "en": {"text": "Your lamp is here.", "kind": "repair", "number": "1000412"},
    "zh": {"text": "您的台灯到了。", "kind": "维修", "number": "1000412"},
}
