from django.urls import path

from knowledge import exchange_views

app_name = "exchange"
urlpatterns = [
    path("exchange/", exchange_views.exchange, name="page"),
    path("exchange/articles/", exchange_views.export, name="export"),
]
