"""Pictures and attachments of articles: the same checks as for files in conversations."""

from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from inbox.errors import Conflict, Invalid, NotFound
from inbox.files import SHOWN, look_at
from knowledge.access import files_for
from knowledge.markdown import linked
from knowledge.models import Article, ArticleFile
from knowledge.services.articles import locked
from people.models import Agent

MAX_FILES = 200  # of one article


def add_file(*, agent: Agent, article_id: UUID, upload: UploadedFile) -> ArticleFile:
    """Keep a file for an article, whose Markdown names it by its id.

    Raises inbox.files.UploadRefused, Invalid (there are MAX_FILES of them) and NotFound.
    """
    looked = look_at(upload)
    with transaction.atomic():
        article = locked(agent, article_id)
        if article.files.count() >= MAX_FILES:
            raise Invalid(_("An article has at most %(n)s files.") % {"n": MAX_FILES}, attr="file")
        kept = ArticleFile(
            article=article,
            name=looked.name,
            content_type=looked.media_type,
            size=looked.size,
            width=looked.width,
            height=looked.height,
            uploaded_by=agent,
        )
        kept.file.save(looked.name, upload, save=False)
        kept.save()
    return kept


@transaction.atomic
def delete_file(*, agent: Agent, file_id: UUID) -> None:
    """Throw a file away that no text of its article shows or offers. Raises NotFound, Conflict."""
    found = files_for(agent).filter(pk=file_id).first()
    if found is None:
        raise NotFound(_("No such file."))
    article = locked(agent, found.article_id)
    if str(found.id) in used_files(article):
        raise Conflict(_("The article still uses this file."), code="in_use", attr="file")
    found.delete()
    # The row is the truth: its bytes go once it is gone for good.
    transaction.on_commit(lambda: found.file.delete(save=False))


def used_files(article: Article) -> set[str]:
    """Return the ids that the working copies and what is live of an article refer to."""
    used: set[str] = set()
    for text in article.texts.select_related("live"):
        for body in {text.body, text.live.body if text.live else ""}:
            used |= linked(body, "file")
    return used


def markdown_of(file: ArticleFile) -> str:
    """Return what shows a picture, or offers a file, in the article's Markdown."""
    name = "".join(f"\\{c}" if c in "\\[]*_`<>!" else c for c in file.name)
    return f"{'!' if file.content_type in SHOWN else ''}[{name}](file:{file.id})"
