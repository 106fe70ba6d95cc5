"""The help centre: pages for everybody, the same for everybody, so that any cache may keep them.

None of them reads or sets a cookie. The language stands in the address.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page, require_POST, require_safe

from helpdesk.lib import tally
from helpdesk.lib.addresses import client_ip
from inbox.errors import InboxError
from inbox.files import give
from knowledge import helping, locales
from knowledge.access import public_texts
from knowledge.models import Category
from knowledge.reading import lead
from knowledge.search import Hit, search
from knowledge.services import vote as cast_vote
from people.models import Store

FRESH_S, STALE_S = 60, 600  # how long a cache gives a page without asking, and while it asks
SEARCHES, VOTES = 120, 20  # a minute, from one address
MAX_QUERY = 1_000
MAX_VOTE = 20_000  # bytes
NO_CATEGORY = "more"

Page = Callable[..., HttpResponseBase]


def for_readers(view: Callable[..., HttpResponseBase]) -> Page:
    """Find the store, settle the language and speak it; a language that is not written leads to one that is."""

    @wraps(view)
    def page(request: HttpRequest, store_key: str, locale: str, **path: Any) -> HttpResponseBase:
        store = get_object_or_404(Store, key=store_key)
        there = helping.locales_of(store)
        settled = locales.best(locale, there, store.language)
        if not locales.normal(locale):
            raise Http404
        if settled != locale:
            match = request.resolver_match
            assert match is not None
            kwargs = {**match.kwargs, "locale": settled}
            query = f"?{request.GET.urlencode()}" if request.GET else ""
            return HttpResponseRedirect(reverse(f"help:{match.url_name}", kwargs=kwargs) + query)
        with translation.override(_spoken(settled)):
            response = view(request, store=store, locale=settled, there=there, **path)
        response.headers["Content-Language"] = settled
        return response

    return page


def _spoken(locale: str) -> str:
    """Return the language of the page around an article."""
    try:
        return translation.get_supported_language_variant(locale)
    except LookupError:
        return "en"


def kept_by_caches(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let caches keep a page for a minute, and ask by its ETag after that."""

    @wraps(view)
    def page(request: HttpRequest, **path: Any) -> HttpResponse:
        response = view(request, **path)
        if response.status_code == 200:
            patch_cache_control(
                response, public=True, max_age=FRESH_S, stale_while_revalidate=STALE_S, stale_if_error=STALE_S
            )
        return response

    return page


@require_safe
def entrance(request: HttpRequest, store_key: str) -> HttpResponse:
    """Lead to the language that the browser asks for."""
    store = get_object_or_404(Store, key=store_key)
    there = helping.locales_of(store)
    wanted = translation.get_language_from_request(request)
    asked = [tag.partition(";")[0] for tag in request.headers.get("Accept-Language", "")[:200].split(",")]
    known = [found for tag in [*asked, wanted] if (found := locales.normal(tag)) in there]
    locale = known[0] if known else locales.best("", there, store.language)
    response = HttpResponseRedirect(reverse("help:home", args=[store.key, locale]))
    patch_cache_control(response, public=True, max_age=FRESH_S)
    response.headers["Vary"] = "Accept-Language"
    return response


@require_safe
@conditional_page
@for_readers
@kept_by_caches
def home(request: HttpRequest, *, store: Store, locale: str, there: list[str]) -> HttpResponse:
    shelves = helping.shelves(store, locale)
    loose, _pages = helping.on_shelf(store, None, locale, page=1)
    context = {
        "shelves": shelves,
        "popular": helping.popular(store, locale),
        "loose": loose,
        "alternates": _alternates(store, there, "help:home"),
    }
    return _render(request, "help/home.html", store, locale, there, context)


@require_safe
@conditional_page
@for_readers
@kept_by_caches
def category(request: HttpRequest, *, store: Store, locale: str, there: list[str], key: str) -> HttpResponse:
    shelf = None if key == NO_CATEGORY else get_object_or_404(Category, store=store, key=key)
    number = request.GET.get("page", "1")
    page = int(number) if number.isdecimal() and len(number) < 6 else 0
    lines, pages = helping.on_shelf(store, shelf, locale, page=page) if page else ([], 0)
    if not lines:
        raise Http404
    context = {
        "name": helping.said(shelf.names, store, locale) or shelf.key if shelf else _("More articles"),
        "about": helping.said(shelf.abouts, store, locale) if shelf else "",
        "lines": lines,
        "before": page - 1,
        "after": page + 1 if page < pages else 0,
        "alternates": _alternates(store, there, "help:category", key),
    }
    return _render(request, "help/category.html", store, locale, there, context)


@require_safe
@conditional_page
@for_readers
@kept_by_caches
def article(request: HttpRequest, *, store: Store, locale: str, there: list[str], slug: str) -> HttpResponse:
    found = helping.read(store, slug, locale)
    if found is None:
        raise Http404
    text, written = found
    live, shelf = text.live, text.article.category
    assert live is not None
    context = {
        "text": text,
        "live": live,
        "html": helping.html_for_public(store, text),
        "lead": lead(live.body),
        "shelf": {"key": shelf.key, "name": helping.said(shelf.names, store, locale)} if shelf else None,
        "related": helping.related(store, text),
        "other_language": locales.NAMES[text.locale] if text.locale != locale else "",
        "canonical": helping.absolute(helping.article_path(store, text.locale, slug)),
        "alternates": [(one, helping.absolute(helping.article_path(store, one, slug))) for one in written],
    }
    return _render(request, "help/article.html", store, locale, there, context)


@require_safe
@for_readers
def find(request: HttpRequest, *, store: Store, locale: str, there: list[str]) -> HttpResponse:
    """Show what a reader looks for: a page, or (`part`) the list below the field as they type."""
    is_busy = tally.count(f"help:{client_ip(request)}") > SEARCHES
    q = request.GET.get("q", "")[:MAX_QUERY]
    hits = [] if is_busy else find_public(store, q, locale, limit=20)
    context = {
        "q": q.replace("\x00", ""),
        "is_busy": is_busy,
        "hits": [{"hit": hit, "url": helping.article_path(store, hit.locale, hit.slug)} for hit in hits],
    }
    template = "help/_found.html" if request.GET.get("part") else "help/search.html"
    response = _render(request, template, store, locale, there, context)
    response.status_code = 429 if is_busy else 200
    patch_cache_control(response, private=True, no_store=True)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def find_public(store: Store, q: str, locale: str, *, limit: int) -> list[Hit]:
    return search(text=q, store=store, stores=[store.pk], locale=locale, public=True, limit=limit)


@csrf_exempt
@require_POST
@for_readers
def vote(request: HttpRequest, *, store: Store, locale: str, there: list[str], slug: str) -> HttpResponse:
    """Write down whether an article helped. There is no CSRF token to check: pages are the same for everybody, and
    no cookie says who votes; a browser that sends another site's page here says so itself."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return _refused(403, "forbidden", "Not from another site.")
    if tally.count(f"vote:{client_ip(request)}") > VOTES:
        return _refused(429, "throttled", "Too many votes.")
    text = public_texts(store).filter(article__slug=slug, locale=locale).first()
    if text is None:
        raise Http404
    try:
        given = json.loads(request.read(MAX_VOTE))
        voter, helped, words = given["voter"], given["helped"], given.get("words", "")
        if not isinstance(voter, str) or not isinstance(helped, bool) or not isinstance(words, str):
            raise TypeError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _refused(400, "invalid", "Send {voter, helped, words}.")
    try:
        cast_vote(text=text, voter=voter, helped=helped, words=words)
    except InboxError as refusal:
        return _refused(refusal.status, refusal.code, refusal.detail)
    return HttpResponse(status=204)


def _refused(status: int, code: str, detail: str) -> JsonResponse:
    error = {"code": code, "detail": detail, "attr": None}
    return JsonResponse({"type": "client_error", "errors": [error]}, status=status)


@require_safe
def file(request: HttpRequest, store_key: str, file_id: UUID) -> HttpResponseBase:
    store = get_object_or_404(Store, key=store_key)
    found = helping.public_file(store, file_id)
    if found is None:
        raise Http404
    try:
        response = give(found.file, name=found.name, media_type=found.content_type)
    except FileNotFoundError:
        raise Http404 from None
    # An hour: what is taken out of an article must not be shown for long.
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _render(
    request: HttpRequest, template: str, store: Store, locale: str, there: list[str], context: dict[str, Any]
) -> HttpResponse:
    names = [(one, locales.NAMES[one], _in_language(request, one)) for one in there]
    shared = {"store": store, "locale": locale, "locales": names, "spoken": translation.get_language()}
    if "canonical" not in context:
        shared["canonical"] = helping.absolute(request.path)
    return render(request, template, {**shared, **context})


def _in_language(request: HttpRequest, locale: str) -> str:
    """Return the address of this very page in another language."""
    match = request.resolver_match
    assert match is not None
    query = {"q": request.GET["q"][:MAX_QUERY]} if "q" in request.GET else {}
    address = reverse(f"help:{match.url_name}", kwargs={**match.kwargs, "locale": locale})
    return f"{address}?{urlencode(query)}" if query else address


def _alternates(store: Store, there: list[str], name: str, *args: str) -> list[tuple[str, str]]:
    return [(one, helping.absolute(reverse(name, args=[store.key, one, *args]))) for one in there]
