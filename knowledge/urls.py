"""Addresses of /knowledge/: the list, the editor, and what supervisors arrange. Beside a conversation: panel_urls."""

from django.urls import path

from knowledge import panel_urls
from knowledge.views import editor, files, lists, settings, shelves, versions

app_name = "knowledge"

ARTICLE = "knowledge/articles/<uuid:article_id>/"
TEXT = ARTICLE + "texts/<slug:locale>/"

urlpatterns = [
    path("knowledge/", lists.home, name="home"),
    path("knowledge/articles/new/", lists.new, name="new"),
    path(ARTICLE, editor.article, name="article"),
    path(ARTICLE + "settings/", settings.settings, name="settings"),
    path(ARTICLE + "preview/", editor.preview, name="preview"),
    path(ARTICLE + "links/", editor.links, name="links"),
    path(ARTICLE + "archive/", editor.archive, name="archive"),
    path(ARTICLE + "files/", files.files, name="files"),
    path(TEXT + "publish/", editor.publish, name="publish"),
    path(TEXT + "withdraw/", editor.withdraw, name="withdraw"),
    path(TEXT + "changes/", editor.changes, name="changes"),
    path(TEXT + "conflict/", editor.conflict, name="conflict"),
    path(TEXT + "report/", editor.report, name="report"),
    path(TEXT + "versions/", versions.versions, name="versions"),
    path("knowledge/texts/<uuid:text_id>/looked-after/", editor.looked_after, name="looked-after"),
    path("knowledge/versions/<uuid:version_id>/restore/", versions.restore, name="restore"),
    path("knowledge/files/<uuid:file_id>/", files.file, name="file"),
    path("knowledge/files/<uuid:file_id>/delete/", files.delete, name="file-delete"),
    path("knowledge/categories/", shelves.categories, name="categories"),
    path("knowledge/categories/new/<uuid:store_id>/", shelves.new_category, name="category-new"),
    path("knowledge/categories/order/<uuid:store_id>/", shelves.order, name="category-order"),
    path("knowledge/categories/<uuid:category_id>/", shelves.edit_category, name="category-edit"),
    path("knowledge/categories/<uuid:category_id>/delete/", shelves.delete_category, name="category-delete"),
    path("knowledge/synonyms/", shelves.synonyms, name="synonyms"),
    path("knowledge/synonyms/<uuid:store_id>/", shelves.save_synonyms, name="synonyms-save"),
    *panel_urls.urlpatterns,
]
