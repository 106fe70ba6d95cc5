from django.urls import path

from helpdesk.demo.phone import views

app_name = "phone"
urlpatterns = [
    path("", views.phone, name="phone"),
    path("write/", views.write, name="write"),
    path("sync/", views.sync, name="sync"),
    path("line/", views.line, name="line"),
    path("files/<int:file_id>/", views.file, name="file"),
    path("api/<uuid:channel_id>/", views.api, {"rest": ""}, name="api-root"),
    path("api/<uuid:channel_id>/<path:rest>", views.api, name="api"),
]
