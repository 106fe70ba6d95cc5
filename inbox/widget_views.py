"""The widget's pages: the script a shop embeds, what its launcher looks like, and the panel in the iframe.

None of them reads or sets a cookie. What is private is behind the visitor's token, in widget_api.py.
"""

import hashlib
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_cache_control
from django.utils.module_loading import import_string
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

from helpdesk.lib.pictures import shows_pictures
from inbox import reception
from inbox.widget_colors import palette
from inbox.widget_strings import launcher_strings, panel_strings
from people import presence
from people.models import Store

_ORIGIN = re.compile(r"https?://[\w.:\[\]-]+\Z", re.ASCII)
EMOJI = list("😀😂😊😍🤔😅😢😭😡😱👍👎👌🙏👏💪👋🤝🔥🎉✨⭐✅❌❓❗💯📦🚚🎁💳🧾")
# What panel.js imports, told ahead, so that all of it loads at once.
MODULES = [
    "widget/ahead.js",
    "widget/cards.js",
    "widget/cards_asked.js",
    "widget/client.js",
    "widget/composer.js",
    "widget/coupon.js",
    "widget/files.js",
    "widget/host.js",
    "widget/http.js",
    "widget/keep.js",
    "widget/lead.js",
    "widget/orders.js",
    "widget/outbox.js",
    "widget/rating.js",
    "widget/requests.js",
    "widget/socket.js",
    "widget/text.js",
    "widget/timeline.js",
    "widget/uploads.js",
    "widget/waiting.js",
    "widget/words.js",
]


@cache
def loader_script() -> str:
    """Return the loader with its strings in every language."""
    strings = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            strings[language] = launcher_strings()
    found = finders.find("widget/loader.js") or str(Path(settings.STATIC_ROOT) / "widget/loader.js")
    source = Path(str(found)).read_text(encoding="utf-8")
    return source.replace('"__STRINGS__"', json.dumps(strings, ensure_ascii=False), 1)


def loader_etag(request: HttpRequest) -> str:
    return f'"{hashlib.sha256(loader_script().encode()).hexdigest()[:20]}"'


@gzip_page
@condition(etag_func=loader_etag)
@require_safe
def loader(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(loader_script(), content_type="text/javascript; charset=utf-8")
    # Short: shops embed the address for good, and a fix must reach them all within minutes.
    patch_cache_control(response, public=True, max_age=300, stale_while_revalidate=86_400)
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def launcher(request: HttpRequest, store_key: str) -> HttpResponse:
    """What the launcher shows before anything is opened: a colour. Public, and the same for everybody."""
    color = Store.objects.filter(key=store_key).values_list("color", flat=True).first()
    if color is None:
        response = JsonResponse({}, status=404)
    else:
        response = JsonResponse({name: palette(color)[name] for name in ("accent", "ink")})
        patch_cache_control(response, public=True, max_age=300)
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


@require_safe
@xframe_options_exempt
def panel(request: HttpRequest, store_key: str) -> HttpResponse:
    store = Store.objects.filter(key=store_key).first()
    if store is None:
        raise Http404
    ancestors: Any = csp_replace({"frame-ancestors": frame_ancestors(store)})
    with translation.override(_language(request, store)):
        response: HttpResponse = ancestors(shows_pictures(_panel))(request, store)
    return response


def _panel(request: HttpRequest, store: Store) -> HttpResponse:
    config = {
        **{name: part for add in _parts() for name, part in add(store).items()},
        "store": store.key,
        "origins": [*store.origins, settings.PUBLIC_URL] if store.origins else [],
        "locale": request.GET.get("locale", "")[:35],
        "max_upload": settings.MAX_UPLOAD_BYTES,
        "online": presence.online_count(store.id),
        "hours": reception.hours_now(store, translation.get_language() or ""),
    }
    context = {
        "store": store,
        "palette": palette(store.color),
        "strings": panel_strings(),
        "config": config,
        "emoji": EMOJI,
        "modules": MODULES,
    }
    response = render(request, "widget/panel.html", context)
    patch_cache_control(response, private=True, no_cache=True)
    return response


@cache
def _parts() -> list[Callable[[Store], dict[str, Any]]]:
    """Return what other rooms tell the panel at its start (settings.WIDGET_PARTS)."""
    return [import_string(path) for path in settings.WIDGET_PARTS]


def frame_ancestors(store: Store) -> list[str]:
    """The pages that may hold the panel: those the store names; where it names none, any web page."""
    if not store.origins:
        return ["*"]
    named = [origin for origin in store.origins if _ORIGIN.match(str(origin))]
    return [*named, "'self'"]  # the help centre is ours, and holds it too


def _language(request: HttpRequest, store: Store) -> str:
    """Return the language of the shop's page where we speak it, else the store's."""
    try:
        return translation.get_supported_language_variant(
            request.GET.get("locale", "").replace("_", "-")[:35]
        )
    except LookupError:
        return store.language
