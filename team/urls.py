"""/settings/ so far as it is about what happened and what is held: the audit trail and personal data."""

from django.urls import path

from team import audit_views, privacy_views

app_name = "team"

urlpatterns = [
    path("audit/", audit_views.page, name="audit"),
    path("audit/export/", audit_views.export, name="audit-export"),
    path("privacy/", privacy_views.privacy, name="privacy"),
    path("privacy/buyers/<uuid:buyer_id>/", privacy_views.buyer, name="privacy-buyer"),
    path("privacy/buyers/<uuid:buyer_id>/export/", privacy_views.export, name="privacy-export"),
    path("privacy/buyers/<uuid:buyer_id>/erase/", privacy_views.erase, name="privacy-erase"),
    path("privacy/exports/<uuid:export_id>/", privacy_views.download, name="privacy-download"),
    path("privacy/erasures/<uuid:erasure_id>/take-back/", privacy_views.take_back, name="privacy-take-back"),
]
