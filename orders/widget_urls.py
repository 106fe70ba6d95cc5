"""Addresses of what the widget shows of orders."""

from django.urls import path

from orders.widget_api import OrdersView

urlpatterns = [path("api/widget/v1/orders", OrdersView.as_view())]
