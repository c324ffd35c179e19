"""The words of messages about events in both languages, with their fields."""

_FIELDS = frozenset({"shop", "event", "when", "where"})
FIELDS: dict[str, frozenset[str]] = dict.fromkeys(
    ("event_booked", "event_waiting", "event_moved_up", "event_changed", "event_reminder", "event_called_off"), _FIELDS
)

WORDS: dict[tuple[str, str], str] = {
    ("event_booked", "en"): "[{shop}] You are signed up: {event}, {when}, {where}. Show your member code there.",
    ("event_booked", "zh"): "【{shop}】报名成功：{event}，{when}，{where}。到场请出示会员码签到。",
    ("event_waiting", "en"): "[{shop}] {event}, {when}: you are on the waiting list. We write when a place is free.",
    ("event_waiting", "zh"): "【{shop}】{event}（{when}）已为您排上候补，有空位会通知您。",
    ("event_moved_up", "en"): "[{shop}] A place for you: {event}, {when}, {where}. Cannot come? Cancel on your card.",
    ("event_moved_up", "zh"): "【{shop}】候补成功：{event}，{when}，{where}。如不能来，请在会员卡页面取消。",
    ("event_changed", "en"): "[{shop}] {event} has changed: now {when}, {where}. Cannot come? Cancel on your card.",
    ("event_changed", "zh"): "【{shop}】{event}有变动：改为 {when}，{where}。如不能来，请在会员卡页面取消。",
    ("event_reminder", "en"): "[{shop}] See you soon: {event}, {when}, {where}. Show your member code there.",
    ("event_reminder", "zh"): "【{shop}】温馨提醒：{event}，{when}，{where}。到场请出示会员码签到。",
    ("event_called_off", "en"): "[{shop}] {event}, {when}, is called off. What you gave for it comes back.",
    ("event_called_off", "zh"): "【{shop}】很抱歉，{event}（{when}）已取消，您付出的积分或费用将退还。",
}

SAMPLES: dict[str, dict[str, str]] = {
    "en": {"event": "tea tasting", "when": "12-31 Thu 14:00", "where": "Nanjing Road"},
    "zh": {"event": "桂花茶会", "when": "12-31 周四 14:00", "where": "南京东路店"},
}
"""What stands in their fields when a wording is looked at before it is used."""
