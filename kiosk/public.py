"""Pages anyone may read: what each tier asks and gives, and the list by which a lottery is checked."""

from flask import Blueprint, Response, jsonify, render_template

from core.base import clock
from core.base.clock import Millis
from core.giving import lottery
from core.loyalty import benefits, tiers
from core.loyalty.tiers import Tier

pages = Blueprint("public", __name__)
LOTTERY = "/lottery/<int:lottery_id>"


@pages.get("/tiers")
def all_tiers() -> str:
    """Every tier, what it takes and what it gives, for the kiosk and the phone."""
    return render_template("public_tiers.html", tiers=explained(now=clock.now()))


def explained(*, now: Millis) -> list[tuple[Tier, str, list[str]]]:
    """Every tier with what it asks and what it gives, in words."""
    return [(tier, benefits.asked(tier), benefits.listed(tier)) for tier in tiers.all_tiers(now=now)]


@pages.get(LOTTERY)
def lottery_page(lottery_id: int) -> str:
    """A lottery's prizes with their odds, its commitment, and how to check it."""
    found = lottery.published(lottery_id, now=clock.now())
    left_ppm = 1_000_000 - sum(prize["odds_ppm"] for prize in found["prizes"])
    for prize in found["prizes"]:
        prize["chance"] = percent(prize["odds_ppm"])
    return render_template("public_lottery.html", found=found, no_prize=percent(left_ppm))


def percent(ppm: int) -> str:
    """Parts per million as a percentage: 12 500 is '1.25 %'."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"


@pages.get(f"{LOTTERY}.json")
def lottery_list(lottery_id: int) -> Response:
    """What anyone needs to check a lottery: odds, commitment, seeds of the days that are over, every draw."""
    return jsonify(lottery.published(lottery_id, now=clock.now()))
