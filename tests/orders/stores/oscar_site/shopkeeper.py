"""Runs inside the shop's environment: makes what the tests ask for, one JSON object a line, answered by one."""

import json
import sys
from datetime import datetime
from decimal import Decimal
from typing import Any

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402
from django.contrib.auth.models import Permission  # noqa: E402
from oscar.core.loading import get_class, get_model  # noqa: E402

Order, Line, ShippingAddress = (get_model("order", name) for name in ("Order", "Line", "ShippingAddress"))
Product, ProductClass = get_model("catalogue", "Product"), get_model("catalogue", "ProductClass")
Country, User = get_model("address", "Country"), get_user_model()
Partner, StockRecord = get_model("partner", "Partner"), get_model("partner", "StockRecord")


def world(asked: dict[str, Any]) -> dict[str, Any]:
    country = Country.objects.create(
        iso_3166_1_a2="DE",
        iso_3166_1_a3="DEU",
        printable_name="Germany",
        name="Germany",
        is_shipping_country=True,
    )
    staff = User.objects.create_user(asked["user"], asked["user"], asked["password"], is_staff=True)
    rights = ("view_order", "view_line", "view_product")
    staff.user_permissions.set(Permission.objects.filter(codename__in=rights))
    buyer = User.objects.create_user("ada", "ada@buyer.test", "buyer-password")
    User.objects.create_user("nobody", "nobody@shop.test", "nobody-password")
    kind = ProductClass.objects.create(name="Goods", track_stock=True)
    partner = Partner.objects.create(name="Shop")
    for line in asked["lines"]:
        product = Product.objects.create(title=line["name"], upc=f"upc-{line['sku']}", product_class=kind)
        StockRecord.objects.create(
            product=product,
            partner=partner,
            partner_sku=line["sku"],
            price=Decimal(line["unit_price"]) / 100,
            price_currency="USD",
            num_in_stock=500,
        )
    return {"country": country.pk, "buyer": buyer.pk}


def order(asked: dict[str, Any]) -> dict[str, Any]:
    said = asked["address"]
    first, _space, last = said["name"].partition(" ")
    address = ShippingAddress.objects.create(
        first_name=first,
        last_name=last,
        line1=said["line1"],
        line4=said["city"],
        postcode=said["postcode"],
        phone_number=said["phone"],
        country_id=said["country"],
    )
    total = sum(line["unit_price"] * line["quantity"] for line in asked["lines"]) + asked["fee"]
    Order.objects.filter(number=asked["number"]).delete()
    made = Order.objects.create(
        number=asked["number"],
        user=User.objects.get(username="ada"),
        currency="USD",
        total_incl_tax=Decimal(total) / 100,
        total_excl_tax=Decimal(total) / 100,
        shipping_incl_tax=Decimal(asked["fee"]) / 100,
        shipping_excl_tax=Decimal(asked["fee"]) / 100,
        shipping_address=address,
        shipping_method="Standard",
        status="Pending",
        date_placed=datetime.fromisoformat(asked["placed_at"]),
    )
    for line in asked["lines"]:
        record = StockRecord.objects.get(partner_sku=line["sku"])
        price = Decimal(line["unit_price"] * line["quantity"]) / 100
        Line.objects.create(
            order=made,
            partner=record.partner,
            partner_name="Shop",
            partner_sku=line["sku"],
            stockrecord=record,
            product=record.product,
            title=line["name"],
            quantity=line["quantity"],
            num_allocated=0,
            line_price_incl_tax=price,
            line_price_excl_tax=price,
            line_price_before_discounts_incl_tax=price,
            line_price_before_discounts_excl_tax=price,
        )
    return {"id": made.pk}


def status(asked: dict[str, Any]) -> dict[str, Any]:
    found = Order.objects.get(number=asked["number"])
    get_class("order.processing", "EventHandler")().handle_order_status_change(found, asked["status"])
    return {"status": Order.objects.get(pk=found.pk).status}


def forget(asked: dict[str, Any]) -> dict[str, Any]:
    Order.objects.all().delete()
    return {}


def main() -> None:
    does = {"world": world, "order": order, "status": status, "forget": forget}
    for row in sys.stdin:
        asked = json.loads(row)
        sys.stdout.write(json.dumps(does[asked.pop("do")](asked)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
