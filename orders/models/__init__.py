"""The rows of orders, by noun."""

from orders.models.actions import BuyerRequest, Limit, OrderAction, RequestRule
from orders.models.demo import DemoShopCommand, DemoShopCoupon, DemoShopOrder
from orders.models.offers import Coupon, CouponCode, Ladder, PaymentReminder
from orders.models.orders import Order, OrderLine, OrderNote, OrderReturn, Payment, Shipment
from orders.models.reviews import Review
from orders.models.shops import Connection, Product, StoreHook

__all__ = [
    "BuyerRequest",
    "Connection",
    "Coupon",
    "CouponCode",
    "DemoShopCommand",
    "DemoShopCoupon",
    "DemoShopOrder",
    "Ladder",
    "Limit",
    "Order",
    "OrderAction",
    "OrderLine",
    "OrderNote",
    "OrderReturn",
    "Payment",
    "PaymentReminder",
    "Product",
    "RequestRule",
    "Review",
    "Shipment",
    "StoreHook",
]
