"""The words of messages about bookings in both languages, with their fields."""

_FACTS = frozenset({"shop", "service", "staff", "when", "store"})
FIELDS: dict[str, frozenset[str]] = {f"booking_{what}": _FACTS for what in ("made", "moved", "cancelled", "reminder")}
WORDS: dict[tuple[str, str], str] = {
    ("booking_made", "en"): "[{shop}] Booked: {service} with {staff}, {when}, {store}.",
    ("booking_made", "zh"): "【{shop}】预约成功：{when}，{service}，{staff}，{store}。",
    ("booking_moved", "en"): "[{shop}] Your booking is now: {service} with {staff}, {when}, {store}.",
    ("booking_moved", "zh"): "【{shop}】您的预约已改为：{when}，{service}，{staff}，{store}。",
    ("booking_cancelled", "en"): "[{shop}] Your booking of {service} on {when} is cancelled.",
    ("booking_cancelled", "zh"): "【{shop}】您 {when} 的{service}预约已取消。",
    ("booking_reminder", "en"): "[{shop}] See you on {when}: {service} with {staff}, {store}.",
    ("booking_reminder", "zh"): "【{shop}】提醒您 {when} 的预约：{service}，{staff}，{store}，期待光临。",
}
SAMPLES: dict[str, dict[str, str]] = {
    "en": {"service": "foot massage", "staff": "Li Na", "when": "12-31 Thu 14:30", "store": "Nanjing Road"},
    "zh": {"service": "足部按摩", "staff": "李娜", "when": "12-31 周四 14:30", "store": "南京东路店"},
}
