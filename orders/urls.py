"""Addresses of orders: the pages, their fragments, and the buyer's side of a conversation."""

from django.urls import path

from orders import demo_shop, panel_views, views

app_name = "orders"

PANEL = "inbox/<uuid:conversation_id>/panel/"
ACTION = "orders/actions/<uuid:action_id>/"

urlpatterns = [
    path("orders/", views.order_list, name="list"),
    path("orders/<uuid:order_id>/", views.order_page, name="page"),
    path("orders/<uuid:order_id>/act/", views.act, name="act"),
    path("orders/<uuid:order_id>/act/<slug:kind>/", views.action_form, name="form"),
    path("orders/<uuid:order_id>/act/<slug:kind>/preview/", views.action_preview, name="preview"),
    path(ACTION + "take-back/", views.take_back, name="take-back"),
    path(ACTION + "run-now/", views.run_now, name="run-now"),
    path(ACTION + "undo/", views.undo, name="undo"),
    path(PANEL + "orders/", panel_views.orders, name="panel-orders"),
    path(PANEL + "orders/<uuid:order_id>/", panel_views.order, name="panel-order"),
    path(PANEL + "orders/<uuid:order_id>/card/", panel_views.send_order, name="panel-card"),
    path(PANEL + "buyer/", panel_views.buyer, name="panel-buyer"),
    path(PANEL + "buyer/note/", panel_views.buyer_note, name="panel-note"),
    path(PANEL + "products/", panel_views.products, name="panel-products"),
    path("demo-shop/", demo_shop.shop, name="demo-shop"),
    path("demo-shop/orders/", demo_shop.my_orders, name="demo-shop-orders"),
    path("demo-shop/pay/", demo_shop.pay, name="demo-shop-pay"),
]
