"""Addresses of the widget: its pages, and its API."""

from django.urls import path

from inbox import cards_api, cards_views, consent_views, rating_views, widget_api, widget_views

API = "api/widget/v1/"

urlpatterns = [
    path("widget.js", widget_views.loader, name="widget-loader"),
    path("widget/<slug:store_key>/", widget_views.panel, name="widget-panel"),
    path("widget/<slug:store_key>/launcher.json", widget_views.launcher, name="widget-launcher"),
    path("c/<str:token>/", cards_views.card_page, name="card-page"),
    path("rate/<str:token>/", rating_views.rating, name="rate"),
    path("rate/<str:token>/<int:stars>/", rating_views.rating_with_stars, name="rate-stars"),
    path("unsubscribe/<str:token>/", consent_views.unsubscribe, name="unsubscribe"),
    path("c/<slug:store_key>.css", cards_views.colors, name="card-colors"),
    path(API + "sessions", widget_api.SessionsView.as_view()),
    path(API + "messages", widget_api.MessagesView.as_view()),
    path(API + "cards/<uuid:message_id>", cards_api.CardView.as_view()),
    path(API + "cards/<uuid:message_id>/<slug:choice>", cards_api.CardAnswerView.as_view()),
    path(API + "attachments", widget_api.AttachmentsView.as_view()),
    path(API + "read", widget_api.ReadView.as_view()),
    path(API + "typing", widget_api.TypingView.as_view()),
    path(API + "rating", widget_api.RatingView.as_view()),
    path(API + "contact", widget_api.ContactView.as_view()),
    path(API + "logout", widget_api.LogoutView.as_view()),
]
