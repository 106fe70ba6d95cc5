"""The list of articles, and the way to a new one."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.ids import parse_id
from helpdesk.lib.keyset import BadCursor
from helpdesk.lib.text import is_storable
from inbox.errors import InboxError
from knowledge import locales, services
from knowledge.access import articles_for, categories_for
from knowledge.listing import Wanted, count_attention, is_changed, list_articles, narrowed
from knowledge.models import Article, Report, Text
from knowledge.views.opening import article_url, state_of
from people.access import agents_for, stores_for
from people.models import Agent
from people.views.roles import AgentRequest, for_agents

FILTERS = ("state", "store", "category", "audience", "topic", "locale", "owner", "sku", "q")
LONGEST = 100  # characters of a filter: whatever is longer is none of ours


@for_agents
@require_GET
def home(request: AgentRequest) -> HttpResponse:
    asked = {name: _asked(request, name) for name in FILTERS}
    words = {name: value for name, value in asked.items() if name != "owner"}
    wanted = Wanted(**words, owner=_owner(request, asked["owner"]))
    cursor = request.GET.get("cursor", "")
    try:
        articles, more = list_articles(request.user, wanted, cursor=cursor)
    except BadCursor:
        cursor = ""
        articles, more = list_articles(request.user, wanted)
    kept = {name: value for name, value in asked.items() if value}
    context = {
        "rows": present_rows(articles),
        "next": urlencode({**kept, "cursor": more}) if more else "",
        "asked": asked,
        "is_filtered": bool(kept),
        "tabs": _tabs(request, wanted, kept),
    }
    if "HX-Request" in request.headers:
        return render(request, "knowledge/_rows.html" if cursor else "knowledge/_list.html", context)
    return render(request, "knowledge/home.html", {**context, **_choices(request, asked)})


def _asked(request: AgentRequest, name: str) -> str:
    value = request.GET.get(name, "").strip()
    return value if len(value) <= LONGEST and is_storable(value) else ""


def _owner(request: AgentRequest, asked: str) -> UUID | None:
    return request.user.pk if asked == "me" else parse_id(asked)


def present_rows(articles: list[Article]) -> list[dict[str, Any]]:
    """Return articles as rows of the list: titled in the reader's language, with the state of each language."""
    ids = [article.pk for article in articles]
    changed = set(Text.objects.filter(is_changed(), article__in=ids).values_list("pk", flat=True))
    open_reports = Report.objects.filter(text__article__in=ids, closed_at__isnull=True)
    reported = Counter(open_reports.values_list("text__article", flat=True))
    due = set(
        narrowed(Article.objects.filter(pk__in=ids), Wanted(state="review")).values_list("pk", flat=True)
    )
    return [
        {
            "article": article,
            "text": _read_in(article, article.texts.all()),
            "texts": [
                {"text": text, "state": state_of(text, is_changed=text.pk in changed)}
                for text in article.texts.all()
            ],
            "reports": reported[article.pk],
            "is_due": article.pk in due,
            "skus": [product.sku for product in article.products.all()],
            "edited_at": max((text.edited_at for text in article.texts.all()), default=article.created_at),
        }
        for article in articles
    ]


def _read_in(article: Article, texts: Iterable[Text]) -> Text | None:
    there = {text.locale: text for text in texts}
    return there.get(locales.best(translation.get_language() or "", there, article.store.language))


def _tabs(request: AgentRequest, wanted: Wanted, kept: dict[str, str]) -> list[dict[str, Any]]:
    """Return the tabs: each state, with how many articles await somebody in it."""
    rest = {name: value for name, value in kept.items() if name != "state"}
    narrow = Wanted(store=wanted.store, category=wanted.category, owner=wanted.owner)
    counts = count_attention(narrowed(articles_for(request.user), narrow))
    labels = [
        ("", _("All")),
        ("draft", _("Drafts")),
        ("live", _("Published")),
        ("changed", _("Unpublished changes")),
        ("review", _("To review")),
        ("reported", _("Reported")),
        ("archived", _("Archived")),
    ]
    return [
        {
            "label": label,
            "query": urlencode({**rest, "state": state} if state else rest),
            "here": state == kept.get("state", ""),
            "count": counts.get(state, 0),
        }
        for state, label in labels
    ]


def _choices(request: AgentRequest, asked: dict[str, str]) -> dict[str, Any]:
    categories = (
        categories_for(request.user).select_related("store").order_by("store__name", "position", "key")
    )
    if asked["store"]:
        categories = categories.filter(store__key=asked["store"])
    return {
        "stores": stores_for(request.user),
        "categories": categories[:300],
        "audiences": Article.Audience.choices,
        "topics": Article.Topic.choices,
        "locales": locales.NAMES.items(),
        "owners": agents_for(request.user).order_by("name", "id")[:300],
    }


# -- A new one


class NewArticleForm(forms.Form):
    store: Any = forms.ModelChoiceField(
        None, label=gettext_lazy("Store"), to_field_name="key", empty_label=None
    )
    locale = forms.ChoiceField(label=gettext_lazy("Language"), choices=list(locales.NAMES.items()))
    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=200,
        help_text=gettext_lazy("As a buyer would ask it. You can change it later."),
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["store"].queryset = stores_for(agent)  # type: ignore[attr-defined]


@for_agents
@require_http_methods(["GET", "POST"])
def new(request: AgentRequest) -> HttpResponse:
    """Ask for a store, a language and a title in a dialog; lead to the article that came of it."""
    stores = stores_for(request.user).order_by("name", "id")
    store = stores.filter(key=_asked(request, "store")).first() or stores.first()
    initial = {"store": store, "locale": locales.normal(store.language) if store else ""}
    form = NewArticleForm(request.POST or None, agent=request.user, initial=initial)
    if form.is_valid():
        skus = [sku] if (sku := _asked(request, "sku")) else []
        try:
            text = services.create_article(agent=request.user, products=skus, **form.cleaned_data)
            return HttpResponseClientRedirect(article_url(text.article_id, text.locale))
        except InboxError as refusal:
            form.add_error(refusal.attr if refusal.attr in form.fields else None, refusal.detail)
    context = {"form": form, "title": _("New article"), "submit": _("Begin")}
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "_form_dialog.html", context, status=status)
