"""The words of care messages in both languages, with their fields; the notices and codes stand in `templates`."""

FIELDS: dict[str, frozenset[str]] = {
    "coupons_expiring": frozenset({"shop", "coupon", "day"}),
    "winback_gift": frozenset({"shop", "name", "coupon"}),
    "anniversary": frozenset({"shop", "name", "years"}),
    "anniversary_gift": frozenset({"shop", "name", "years", "coupon"}),
    "festival": frozenset({"shop", "name", "wish"}),
    "festival_gift": frozenset({"shop", "name", "wish", "coupon"}),
    "welcome_back": frozenset({"shop", "name"}),
    "welcome_gift": frozenset({"shop", "name", "coupon"}),
    "followup": frozenset({"shop", "name", "product"}),
    "followup_gift": frozenset({"shop", "name", "product", "coupon"}),
    "tier_near": frozenset({"shop", "name", "tier", "missing"}),
    "survey": frozenset({"shop", "name"}),
    "survey_offer": frozenset({"shop", "name"}),
    "survey_points": frozenset({"shop", "name", "points"}),
}

WORDS: dict[tuple[str, str], str] = {
    ("coupons_expiring", "en"): "[{shop}] On your card until {day}: {coupon}. After that it lapses.",
    ("coupons_expiring", "zh"): "【{shop}】您的“{coupon}”有效期至 {day}，别忘了使用。",
    ("winback_gift", "en"): "[{shop}] {name}, we miss you. On your card now: {coupon}. {stop}",
    ("winback_gift", "zh"): "【{shop}】{name}，好久不见，“{coupon}”已放入您的会员卡，欢迎再来。{stop}",
    ("anniversary", "en"): "[{shop}] {name}, today you have been a member for {years}. Thank you.",
    ("anniversary", "zh"): "【{shop}】{name}，今天是您入会 {years}的日子，感谢一路相伴。",
    ("anniversary_gift", "en"): "[{shop}] {name}, a member for {years} today. Thank you: {coupon}, on your card now.",
    ("anniversary_gift", "zh"): "【{shop}】{name}，今天是您入会 {years}的日子，“{coupon}”已放入您的会员卡。",
    ("festival", "en"): "[{shop}] {wish}, {name}.",
    ("festival", "zh"): "【{shop}】{name}，{wish}！",
    ("festival_gift", "en"): "[{shop}] {wish}, {name}. A gift for you: {coupon}, on your card now.",
    ("festival_gift", "zh"): "【{shop}】{name}，{wish}！“{coupon}”已放入您的会员卡。",
    ("welcome_back", "en"): "[{shop}] {name}, your member card is waiting for you. {stop}",
    ("welcome_back", "zh"): "【{shop}】{name}，会员卡已为您备好，欢迎再来。{stop}",
    ("welcome_gift", "en"): "[{shop}] {name}, {coupon} is on your card. See you soon. {stop}",
    ("welcome_gift", "zh"): "【{shop}】{name}，“{coupon}”已放入您的会员卡，欢迎再来。{stop}",
    ("followup", "en"): "[{shop}] {name}, how do you like {product}? If anything is not right, tell our staff.",
    ("followup", "zh"): "【{shop}】{name}，上次购买的{product}还满意吗？如有不妥，请告诉店员。",
    ("followup_gift", "en"): "[{shop}] {name}, how do you like {product}? For next time: {coupon}. {stop}",
    ("followup_gift", "zh"): "【{shop}】{name}，{product}还满意吗？“{coupon}”已放入您的会员卡。{stop}",
    ("tier_near", "en"): "[{shop}] {name}, {missing} and you are {tier}. {stop}",
    ("tier_near", "zh"): "【{shop}】{name}，{missing}即可升为{tier}会员。{stop}",
    ("survey", "en"): "[{shop}] {name}, how was your visit? Tell us in a minute: {link}",
    ("survey", "zh"): "【{shop}】{name}，上次光临还满意吗？欢迎花一分钟告诉我们：{link}",
    ("survey_offer", "en"): "[{shop}] {name}, how was your visit? Tell us in a minute: {link} {stop}",
    ("survey_offer", "zh"): "【{shop}】{name}，上次光临还满意吗？一分钟告诉我们：{link} {stop}",
    ("survey_points", "en"): "[{shop}] {name}, {points} points for a minute of your opinion: {link} {stop}",
    ("survey_points", "zh"): "【{shop}】{name}，一分钟问卷送 {points} 积分：{link} {stop}",
}

SAMPLES: dict[str, dict[str, str]] = {
    "en": {"wish": "Happy Mid-Autumn Festival", "years": "3 years", "product": "Longjing tea"},
    "zh": {"wish": "中秋快乐，月圆人圆", "years": "3 年", "product": "龙井 50 克"},
}
"""What stands in their fields when a wording is looked at before it is used."""
