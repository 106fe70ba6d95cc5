"""What people say about articles."""

from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from events import names
from events.record import Actor, Happening, record
from inbox.errors import Invalid, NotFound
from knowledge import checks
from knowledge.access import texts_for
from knowledge.models import Article, Report, Text, Vote
from people.models import Agent


@transaction.atomic
def report(*, agent: Agent, text_id: UUID, words: str) -> Report:
    """Say that a text is out of date, or wrong. An agent's second word on it replaces the first while that is open.

    Raises Invalid, NotFound.
    """
    text = texts_for(agent).select_related("article").filter(pk=text_id).first()
    if text is None:
        raise NotFound(_("No such article."))
    words = checks.words(words)
    if not words:
        raise Invalid(_("Say what is wrong with it."), code="required", attr="words")
    said, is_new = Report.objects.update_or_create(
        text=text, agent=agent, closed_at=None, defaults={"words": words, "reported_at": timezone.now()}
    )
    if is_new:
        _record(names.ARTICLE_REPORTED, text, agent, words=words)
    return said


@transaction.atomic
def close_reports(*, agent: Agent, text_id: UUID) -> int:
    """Close what was reported of a text; return how many reports that were."""
    text = texts_for(agent).select_related("article").filter(pk=text_id).first()
    if text is None:
        raise NotFound(_("No such article."))
    closed = text.reports.filter(closed_at__isnull=True).update(closed_at=timezone.now(), closed_by=agent)
    if closed:
        _record(names.ARTICLE_REPORTS_CLOSED, text, agent, count=closed)
    return closed


@transaction.atomic
def vote(*, text: Text, voter: str, helped: bool, words: str = "") -> Vote:
    """Write down whether a public text helped a reader; a reader who changes their mind counts once.

    `voter` is their browser's random token. Raises Invalid.
    """
    if not 16 <= len(voter) <= 64 or not voter.isascii() or not voter.isalnum():
        raise Invalid(_("This browser did not say which one it is."), attr="voter")
    Article.objects.select_for_update().get(pk=text.article_id)
    said = {"helped": helped, "words": checks.words(words)}
    before = Vote.objects.filter(text=text, voter=voter).first()
    cast, _is_new = Vote.objects.update_or_create(text=text, voter=voter, defaults=said)
    _count(text, before=before.helped if before else None, now=helped)
    return cast


def _count(text: Text, *, before: bool | None, now: bool) -> None:
    if before == now:
        return
    counters = {True: "solved_count", False: "missed_count"}
    change = {counters[now]: F(counters[now]) + 1}
    if before is not None:
        change[counters[before]] = F(counters[before]) - 1
    Article.objects.filter(pk=text.article_id).update(**change)


def _record(name: str, text: Text, agent: Agent, **data: object) -> None:
    article = text.article
    data = {
        "article": str(article.id),
        "slug": article.slug,
        "locale": text.locale,
        "title": text.title,
        **data,
    }
    record(Happening(name, Actor.agent(agent), store_id=article.store_id, data=data))
