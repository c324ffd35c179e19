"""A shop of django-oscar: `shop.py empty FILE` makes its tables, `shop.py sell FILE ERRAND ANSWERS` sells in it.

Run by the Python of its own environment; it imports nothing of ours. The errand is what `errand.py` writes:
goods, deals, and stages of baskets. A deal is a site offer: a condition and a benefit on the same range, each
with oscar's own defaults (so it is exclusive). Before a basket is timed it stands in the database, as it
would once it was put together; then it is read, offers are applied, the total is calculated ("pricing"), the
order is placed and the basket submitted ("placing"). No web request, no shipping charge, no tax, no mail.
"""

import json
import sqlite3
import sys
import time
from decimal import Decimal
from pathlib import Path

import django  # type: ignore[import-not-found]
import oscar  # type: ignore[import-not-found]
from django.conf import settings  # type: ignore[import-not-found]
from oscar import defaults

WARMING = 3
"""Baskets of each stage that are sold once more, before the clock runs."""
STOCK = 10**9


def set_up(file: str, pragmas: list[str]) -> None:
    """Django with oscar's own settings on a SQLite file."""
    standard = {name: getattr(defaults, name) for name in dir(defaults) if name.isupper()}
    settings.configure(
        **standard,
        INSTALLED_APPS=oscar.INSTALLED_APPS,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": file,
                "OPTIONS": {"init_command": ";".join(pragmas), "transaction_mode": "IMMEDIATE"},
            }
        },
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        AUTHENTICATION_BACKENDS=["django.contrib.auth.backends.ModelBackend"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        ROOT_URLCONF="oscar.urls",
        SECRET_KEY="bench",
        SITE_ID=1,
        USE_TZ=True,
    )
    django.setup()


class Shop:
    """Products on shelves, and offers that start one after the other."""

    def __init__(self, goods: dict[str, list[int]]) -> None:
        from django.contrib.auth import get_user_model  # type: ignore[import-not-found]
        from oscar.core.loading import get_model  # type: ignore[import-not-found]

        self.model = get_model
        self.customer = get_user_model().objects.create(username="customer")
        count = max(goods["shelves"]) + 1
        self.shelves = [get_model("catalogue", "Category").add_root(name=f"shelf {at}") for at in range(count)]
        self.kind = get_model("catalogue", "ProductClass").objects.create(name="tea", requires_shipping=False)
        self.partner = get_model("partner", "Partner").objects.create(name="partner")
        places = range(len(goods["prices"]))
        self.products = [self.product(at, goods["prices"][at], self.shelves[goods["shelves"][at]]) for at in places]
        self.offers = 0

    def product(self, at: int, cents: int, shelf: object) -> object:
        """A product of which there is enough."""
        new = self.model("catalogue", "Product").objects.create(
            structure="standalone", title=f"tea {at}", upc=str(at), product_class=self.kind
        )
        self.model("catalogue", "ProductCategory").objects.create(product=new, category=shelf)
        self.model("partner", "StockRecord").objects.create(
            product=new,
            partner=self.partner,
            partner_sku=str(at),
            price_currency=settings.OSCAR_DEFAULT_CURRENCY,
            price=money(cents),
            num_in_stock=STOCK,
        )
        return new

    def start(self, deals: list[dict]) -> None:  # type: ignore[type-arg]
        """Start the offers of the deals that do not run yet."""
        for deal in deals[self.offers :]:
            self.offers += 1
            self.offer(deal)

    def offer(self, deal: dict) -> None:  # type: ignore[type-arg]
        """One site offer; the earlier it started, the higher its priority."""
        of_deal = self.model("offer", "Range").objects.create(name=f"range {self.offers}")
        of_deal.included_categories.add(*[self.shelves[at] for at in deal["shelves"]])
        for at in deal["products"]:
            of_deal.add_product(self.products[at])
        on_bill = deal["effect"] == "reduction"
        condition = self.model("offer", "Condition").objects.create(
            range=of_deal,
            type="Value" if on_bill else "Count",
            value=money(deal["threshold_cents"]) if on_bill else 1,
        )
        percent = deal["effect"] == "percent"
        benefit = self.model("offer", "Benefit").objects.create(
            range=of_deal,
            type="Percentage" if percent else "Absolute" if on_bill else "Fixed",
            value=money(deal["off_bp"] if percent else deal["off_cents"]),
        )
        self.model("offer", "ConditionalOffer").objects.create(
            name=f"{self.offers} {deal['name']}",
            condition=condition,
            benefit=benefit,
            priority=-self.offers,
            max_basket_applications=1 if on_bill else None,
        )


class Till:
    """Prices baskets and places them."""

    def __init__(self, shop: Shop) -> None:
        from oscar.core.loading import get_class, get_model

        self.shop, self.baskets = shop, get_model("basket", "Basket")
        self.strategy = get_class("partner.strategy", "Selector")().strategy()
        self.applicator = get_class("offer.applicator", "Applicator")()
        self.calculator = get_class("checkout.calculators", "OrderTotalCalculator")()
        self.creator = get_class("order.utils", "OrderCreator")()
        self.shipping = get_class("shipping.methods", "Free")()

    def put_together(self, picked: list[list[int]]) -> int:
        """A basket in the database; its id."""
        basket = self.baskets.objects.create(owner=self.shop.customer)
        basket.strategy = self.strategy
        for at, pieces in picked:
            basket.add_product(self.shop.products[at], pieces)
        return int(basket.id)

    def sell(self, basket_id: int, placed: bool) -> tuple[int, float, float]:
        """The total in cents, and CPU seconds of pricing and of placing."""
        user, begin = self.shop.customer, time.process_time()
        basket = self.baskets.objects.get(pk=basket_id)
        basket.strategy = self.strategy
        self.applicator.apply(basket, user)
        charge = self.shipping.calculate(basket)
        total = self.calculator.calculate(basket, charge)
        priced = time.process_time()
        if placed:
            self.creator.place_order(basket, total, self.shipping, charge, user=user)
            basket.submit()
        return int(total.incl_tax * 100), priced - begin, time.process_time() - priced


def sell(errand: dict) -> dict:  # type: ignore[type-arg]
    """Do every stage; totals and CPU seconds of each."""
    from django.db import transaction  # type: ignore[import-not-found]

    with transaction.atomic():
        shop = Shop(errand["goods"])
    till, stages = Till(shop), []
    for stage in errand["stages"]:
        with transaction.atomic():
            shop.start(errand["deals"][: stage["deals"]])
            again = [till.put_together(picked) for picked in stage["baskets"][:WARMING]]
            ids = [till.put_together(picked) for picked in stage["baskets"]]
        for basket_id in again:
            till.sell(basket_id, stage["placed"])
        sold = [till.sell(basket_id, stage["placed"]) for basket_id in ids]
        totals, pricing, placing = zip(*sold, strict=True)
        stages.append({"totals": totals, "pricing_s": sum(pricing), "placing_s": sum(placing)})
    versions = f"django-oscar {oscar.get_version()}, Django {django.get_version()}, SQLite {sqlite3.sqlite_version}"
    return {"versions": versions, "stages": stages}


def money(hundredths: int) -> Decimal:
    """Cents as an amount; basis points as a percentage."""
    return Decimal(hundredths) / 100


def main(verb: str, file: str, errand_file: str = "", answers_file: str = "") -> None:
    """Make the tables, or do an errand in a file that has them."""
    if verb == "empty":
        set_up(file, [])
        from django.core.management import call_command  # type: ignore[import-not-found]

        call_command("migrate", verbosity=0)
        return
    errand = json.loads(Path(errand_file).read_text("utf-8"))
    set_up(file, errand["pragmas"])
    Path(answers_file).write_text(json.dumps(sell(errand)), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
