"""Addresses of what the widget shows of orders."""

from django.urls import path

from orders.requests_widget_api import OrderRequestsView, OrderView, WithdrawView
from orders.widget_api import OrdersView

API = "api/widget/v1/"

urlpatterns = [
    path(API + "orders", OrdersView.as_view()),
    path(API + "orders/<uuid:order_id>", OrderView.as_view()),
    path(API + "orders/<uuid:order_id>/requests", OrderRequestsView.as_view()),
    path(API + "requests/<uuid:request_id>/withdraw", WithdrawView.as_view()),
]
