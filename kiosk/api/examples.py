"""One example a body, shown in the document and run by the tests; `{names}` stand for ids."""

from typing import Any

TERMS: dict[str, Any] = {"effect": "nth", "every": 2, "off_bp": 5000}
BASKET: dict[str, Any] = {"lines": [{"product_id": "{tea}"}]}
BACK = [{"line_id": "{line}", "quantity_milli": 1000}]
REWARD = {"name": "Pot of tea", "terms": {"kind": "product", "points": 90, "product_id": "{tea}"}}

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/bookings"): {"service_id": "{cut}", "from_at": "2026-05-30T02:00:00Z", "member_id": "{ann}"},
    ("post", "/claims"): {"code": "{claim}", "member_id": "{ann}"},
    ("post", "/coupon-kinds"): {"name": "3 off", "terms": {"effect": "amount", "off_cents": 300}, "valid_days": 9},
    ("post", "/coupons/transfer"): {"code": "{code}", "to_member_id": "{bo}"},
    ("post", "/coupons/{coupon_id}/holds"): {"minutes": 30, "reference": "70012"},
    ("post", "/days/{day}/counts"): {"kind": "cash", "counted_cents": 5},
    ("post", "/events/{event_id}/signups"): {"member_id": "{ann}", "places": 2},
    ("post", "/events/{event_id}/check-ins"): {"member_id": "{bo}"},
    ("post", "/identify"): {"code": "{card}"},
    ("post", "/members"): {"name": "Bo"},
    ("post", "/members/{member_id}/coupons"): {"kind_id": "{kind}"},
    ("post", "/members/{member_id}/holds"): {"amount": 50, "reference": "70012"},
    ("post", "/members/{member_id}/points"): {"points": 5, "reason": "waited long"},
    ("post", "/members/{member_id}/redemptions"): {"reward_id": "{reward}", "proof_code": "{proof}"},
    ("post", "/members/{member_id}/tier"): {"tier_id": "{silver}", "reason": "a friend of the house"},
    ("put", "/members/{member_id}/payer"): {"payer_id": "{bo}"},
    ("post", "/gift-cards"): {"count": 2},
    ("post", "/gift-cards/load"): {"code": "{blank}", "member_id": "{ann}"},
    ("post", "/gift-cards/look-up"): {"code": "{blank}"},
    ("post", "/handovers"): {"code": "{pledge}"},
    ("post", "/lotteries"): {
        "name": "Summer wheel",
        "cost_points": 10,
        "first_day": "2026-06-01",
        "last_day": "2026-06-30",
        "prizes": [{"name": "10 points", "kind": "points", "odds_ppm": 1000, "points": 10}],
    },
    ("post", "/lotteries/{lottery_id}/draws"): {"member_id": "{ann}", "word": "luck", "proof_code": "{proof}"},
    ("post", "/pass-kinds"): {"name": "10 cuts", "uses": 10, "valid_days": 90, "service_ids": ["{cut}"]},
    ("post", "/points/transfers"): {"from_member_id": "{ann}", "to_member_id": "{bo}", "points": 5, "reason": "a gift"},
    ("post", "/punch-cards"): {"name": "Tenth visit", "every": 10, "points": 50},
    ("post", "/rewards"): REWARD,
    ("put", "/rewards/{reward_id}"): REWARD,
    ("post", "/sales/{sale_id}/cancel-pass"): {},
    ("post", "/sales/{sale_id}/cancel-plan"): {},
    ("post", "/tickets"): {
        "kind": "order",
        "subject": "Where is my parcel?",
        "member_id": "{ann}",
        "sale_id": "{sale}",
    },
    ("post", "/tickets/{ticket_id}/notes"): {"words": "The parcel is at the customs office."},
    ("post", "/tiers"): {"name": "Gold", "rank": 2, "spend_cents": 300000},
    ("post", "/transfers"): {
        "to_store_id": "{other}",
        "lines": [{"product_id": "{tea}", "quantity_milli": 2000}],
        "note": "for Saturday",
    },
    ("post", "/transfers/{transfer_id}/arrival"): {"lines": [{"product_id": "{tea}", "quantity_milli": 1000}]},
    ("put", "/tiers/{tier_id}"): {"name": "Silver", "spend_cents": 90000, "from_day": "2027-01-01"},
    ("post", "/top-up-rules"): {"pay_cents": 50000, "terms": {"bonus_cents": 5000, "bonus_days": 90}},
    ("post", "/parked"): BASKET | {"label": "red coat"},
    ("post", "/plans"): {"name": "One year", "product_id": "{plan}", "days": 365},
    ("put", "/plans/{plan_id}"): {"name": "One month", "product_id": "{month}", "days": 31},
    ("post", "/products"): {"name": "Oolong", "price_cents": 4800, "barcode": "6901234567892", "category": "Tea"},
    ("put", "/products/{product_id}"): {"name": "Green tea", "price_cents": 1900},
    ("post", "/products/{product_id}/deliveries"): {"quantity_milli": 24000},
    ("post", "/promotions"): {"name": "Second half price", "terms": TERMS},
    ("post", "/promotions/replay"): {"terms": TERMS, "first_day": "2026-05-01", "last_day": "2026-05-31"},
    ("put", "/promotions/{promotion_id}"): {"terms": TERMS},
    ("post", "/quotes"): BASKET,
    ("post", "/sales"): BASKET | {"expected_cents": 1800, "tenders": [{"kind": "cash", "cents": 1800}]},
    ("post", "/sales/{sale_id}/exchange"): BASKET | {"back": BACK, "expected_cents": 1800, "tenders": []},
    ("post", "/sales/{sale_id}/exchange/preview"): BASKET | {"back": BACK},
    ("post", "/sales/{sale_id}/refunds"): {"lines": BACK},
    ("post", "/sales/{sale_id}/refunds/preview"): {"lines": BACK},
    ("post", "/sales/{sale_id}/reversal"): {},
    ("post", "/sales/{sale_id}/void"): {},
    ("post", "/surveys/{survey_id}/replies"): {
        "member_id": "{ann}",
        "answers": [{"question_id": "{nps}", "number": 9}, {"question_id": "{words}", "words": "more cake"}],
    },
    ("post", "/webhooks"): {"url": "https://shop.example.com/regulars", "types": ["points.changed", "sale.completed"]},
    ("post", "/webhooks/{webhook_id}/resend"): {"since": "2026-05-28T00:00:00Z"},
}
"""The body of every operation that takes one."""

IN_PATHS = {
    "booking_id": "{booking}", "service_id": "{cut}",
    "card_id": "{punch}", "coupon_id": "{coupon}", "day": "2026-05-29", "event_id": "{event}", "hold_id": "{hold}",
    "kind_id": "{kind}", "lottery_id": "{lottery}", "member_id": "{ann}", "parked_id": "{parked}",
    "plan_id": "{running}", "product_id": "{tea}",
    "promotion_id": "{promotion}", "redemption_id": "{redemption}", "reward_id": "{reward}", "rule_id": "{rule}",
    "sale_id": "{sale}", "signup_id": "{signup}", "survey_id": "{survey}", "ticket_id": "{ticket}",
    "sent_id": "{sent}", "tier_id": "{silver}", "transfer_id": "{transfer}", "webhook_id": "{webhook}",
}  # fmt: skip
"""What stands in the place of each name in an address."""

IDS = {
    "tea": "2001", "plan": "2002", "month": "2003", "cut": "2004", "ann": "5001", "bo": "5002", "silver": "12",
    "sale": "90001", "line": "90002", "kind": "3001", "coupon": "3002", "promotion": "3100", "parked": "91001",
    "reward": "3201", "redemption": "3202", "lottery": "3301", "punch": "3401", "running": "3501", "rule": "3601",
    "survey": "94001", "nps": "94002", "words": "94003", "hold": "92001", "booking": "95001", "ticket": "96001",
    "event": "97001", "signup": "97002",
    "other": "1002", "transfer": "98001", "sent": "98002",
    "webhook": "93001", "card": "C1.0123456789ABC", "code": "K1.ABCDEFGHJKX",
    "claim": "S1.90001.ABCDEFGH", "blank": "G1.ABCDEFGHJKLMNPQX", "pledge": "V1.ABCDEFGHJKX",
    "proof": "R1.0123456789AB.1780000000.12345678",
}  # fmt: skip
"""The ids of the document's own shop; a test puts those of its shop here."""


def filled(value: Any, ids: dict[str, str]) -> Any:
    """A path or body with ids in the place of their names."""
    if isinstance(value, dict):
        return {name: filled(one, ids) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, ids) for one in value]
    return value.format(**ids) if isinstance(value, str) and value[:1] == "{" else value
