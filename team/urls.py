"""/settings/ so far as it is about what happened and what is held: the audit trail and personal data."""

from django.urls import path

from team import audit_views

app_name = "team"

urlpatterns = [
    path("audit/", audit_views.page, name="audit"),
    path("audit/export/", audit_views.export, name="audit-export"),
]
