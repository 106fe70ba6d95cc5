"""/settings/ so far as it is about what the inbox works with."""

from django.urls import path

from inbox.setup import stores, words

app_name = "setup"

urlpatterns = [
    path("stores/", stores.stores, name="stores"),
    path("stores/new/", stores.new_store, name="store-new"),
    path("stores/<uuid:store_id>/", stores.store, name="store"),
    path("stores/<uuid:store_id>/secret/", stores.rotate_secret, name="store-secret"),
    path("tags/", words.tags, name="tags"),
    path("tags/new/", words.new_tag, name="tag-new"),
    path("tags/<uuid:tag_id>/", words.edit_tag, name="tag-edit"),
    path("tags/<uuid:tag_id>/delete/", words.delete_tag, name="tag-delete"),
    path("canned/", words.canned, name="canned"),
    path("canned/new/", words.new_canned, name="canned-new"),
    path("canned/<uuid:reply_id>/", words.edit_canned, name="canned-edit"),
    path("canned/<uuid:reply_id>/delete/", words.delete_canned, name="canned-delete"),
]
