"""Addresses of the help centre. They are public, and promised."""

from django.urls import path

from knowledge import help_sitemap, help_views, widget_api

app_name = "help"
IN = "help/<slug:store_key>/<str:locale>/"
urlpatterns = [
    path("api/widget/v1/help", widget_api.HelpSearch.as_view(), name="widget-search"),
    path("api/widget/v1/help/<slug:slug>", widget_api.HelpArticle.as_view(), name="widget-article"),
    path("help/<slug:store_key>/", help_views.entrance, name="entrance"),
    path("help/<slug:store_key>/sitemap.xml", help_sitemap.sitemap, name="sitemap"),
    path("help/<slug:store_key>/files/<uuid:file_id>/", help_views.file, name="file"),
    path(IN, help_views.home, name="home"),
    path(IN + "search/", help_views.find, name="search"),
    path(IN + "categories/<slug:key>/", help_views.category, name="category"),
    path(IN + "articles/<slug:slug>/", help_views.article, name="article"),
    path(IN + "articles/<slug:slug>/vote/", help_views.vote, name="vote"),
]
