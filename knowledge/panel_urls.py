"""Addresses beside the conversation. knowledge/urls.py takes them in: they share its names."""

from django.urls import path

from knowledge import panel_views

urlpatterns = [
    path("inbox/<uuid:conversation_id>/panel/knowledge/", panel_views.panel, name="panel"),
    path("knowledge/read/<uuid:article_id>/", panel_views.read, name="read"),
    path("knowledge/texts/<uuid:text_id>/report/", panel_views.report, name="panel-report"),
    path("knowledge/products/<uuid:store_id>/<path:sku>/", panel_views.product, name="product"),
    path("knowledge/suggestions/<uuid:suggestion_id>/used/", panel_views.used, name="suggestion-used"),
]
