"""Categories and synonyms of a store, for supervisors."""

import json
import re
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE, form_dialog
from helpdesk.lib.ids import parse_id
from inbox.errors import InboxError, NotFound
from knowledge import checks, locales, services
from knowledge.access import categories_for
from knowledge.models import Article, Category, Text
from knowledge.services.synonyms import synonyms_of
from knowledge.views.opening import chosen_store
from people.access import stores_for
from people.models import Store
from people.views.roles import AgentRequest, who_may

SEPARATORS = re.compile(r"[,，、;；=]")  # between words of a group, however they are typed


@who_may("shelves.write")
@require_GET
def categories(request: AgentRequest) -> HttpResponse:
    stores, store = chosen_store(request)
    return render(request, "knowledge/categories.html", {"stores": stores, "store": store, **_shelves(store)})


def _shelves(store: Store | None) -> dict[str, Any]:
    used = Count("articles", filter=Q(articles__archived_at__isnull=True))
    rows = Category.objects.filter(store=store).select_related("store").annotate(used=used)
    loose = Article.objects.filter(store=store, category=None, archived_at__isnull=True).count()
    return {"categories": rows.order_by("position", "key"), "loose": loose}


class CategoryForm(forms.Form):
    """Names and abouts in each language that the store's articles are written in."""

    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("In addresses and files. Left empty, the name makes one."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, data: Any, *, store: Store, category: Category) -> None:
        names, abouts = category.names or {}, category.abouts or {}
        super().__init__(data, initial={"key": category.key})
        own = locales.normal(store.language)
        written = Text.objects.filter(article__store=store).values_list("locale", flat=True).distinct()
        self.locales = [own, *sorted({*written.order_by("locale"), *names, *abouts} - {own})]
        for locale in self.locales:
            self._add(f"name_{locale}", _("Name"), locale, names, required=locale == own)
            self._add(f"about_{locale}", _("About"), locale, abouts, required=False)
        self.order_fields([name for name in self.fields if name != "key"])

    def _add(self, name: str, label: str, locale: str, said: dict[str, str], *, required: bool) -> None:
        label = f"{label} ({locales.NAMES.get(locale, locale)})"
        initial = said.get(locale, "")
        self.fields[name] = forms.CharField(label=label, max_length=200, required=required, initial=initial)

    def said(self, kind: str) -> dict[str, str]:
        return {locale: self.cleaned_data[f"{kind}_{locale}"] for locale in self.locales}


@who_may("shelves.write")
@require_http_methods(["GET", "POST"])
def new_category(request: AgentRequest, store_id: UUID) -> HttpResponse:
    return _category_dialog(request, _store(request, store_id), Category(), title=_("New category"))


@who_may("shelves.write")
@require_http_methods(["GET", "POST"])
def edit_category(request: AgentRequest, category_id: UUID) -> HttpResponse:
    category = categories_for(request.user).select_related("store").filter(pk=category_id).first()
    if category is None:
        raise Http404
    return _category_dialog(
        request,
        category.store,
        category,
        title=_("Edit the category"),
        delete_url=reverse("knowledge:category-delete", args=[category.pk]),
        delete_question=_("Delete this category?"),
        delete_detail=_("Its articles stay, without a category."),
    )


def _category_dialog(
    request: AgentRequest, store: Store, category: Category, *, title: str, **context: str
) -> HttpResponse:
    form = CategoryForm(request.POST or None, store=store, category=category)

    def save() -> None:
        names = form.said("name")
        key = (
            form.cleaned_data["key"]
            or checks.slug_of(names[form.locales[0]])[:60]
            or f"category-{category.pk.hex[-8:]}"
        )
        try:
            services.save_category(
                agent=request.user,
                store=store,
                key=key,
                names=names,
                abouts=form.said("about"),
                category_id=None if category._state.adding else category.pk,
            )
        except InboxError as refusal:
            form.add_error(refusal.attr if refusal.attr in form.fields else None, refusal.detail)

    return form_dialog(
        request, form, title=title, submit=_("Save"), save=save, done=_("The category is saved."), **context
    )


@who_may("shelves.write")
@require_POST
def order(request: AgentRequest, store_id: UUID) -> HttpResponse:
    """Put the categories into the order in which the page names them."""
    store = _store(request, store_id)
    ids = [found for given in request.POST.getlist("category")[:1000] if (found := parse_id(given))]
    services.order_categories(agent=request.user, store=store, ids=ids)
    return render(request, "knowledge/_categories.html", {"store": store, **_shelves(store)})


@who_may("shelves.write")
@require_POST
def delete_category(request: AgentRequest, category_id: UUID) -> HttpResponse:
    category = categories_for(request.user).select_related("store").filter(pk=category_id).first()
    if category is None:
        raise Http404
    services.delete_category(agent=request.user, category_id=category.pk)
    messages.success(request, _("The category is deleted."))
    return redirect(f"{reverse('knowledge:categories')}?store={category.store.key}")


def _store(request: AgentRequest, store_id: UUID) -> Store:
    found = stores_for(request.user).filter(pk=store_id).first()
    if found is None:
        raise Http404
    return found


# -- Synonyms: a group is a line


@who_may("shelves.write")
@require_GET
def synonyms(request: AgentRequest) -> HttpResponse:
    stores, store = chosen_store(request)
    there = synonyms_of(store) if store else []
    return render(request, "knowledge/synonyms.html", {"stores": stores, **_lines(store, there)})


def _lines(store: Store | None, groups: list[list[str]]) -> dict[str, Any]:
    text = "\n".join(", ".join(words) for words in groups)
    return {"store": store, "text": text, "seen": json.dumps(groups), "count": len(groups)}


@who_may("shelves.write")
@require_POST
def save_synonyms(request: AgentRequest, store_id: UUID) -> HttpResponse:
    store = _store(request, store_id)
    typed = request.POST.get("groups", "")
    try:
        seen = json.loads(request.POST.get("seen", ""))
    except ValueError:
        seen = []
    try:
        saved = services.save_synonyms(
            agent=request.user, store=store, groups=map(SEPARATORS.split, typed.splitlines()), seen=seen
        )
    except NotFound:
        raise Http404 from None
    except InboxError as refusal:
        there = synonyms_of(store)
        # Somebody else's are shown below what was typed: saving again says that they were read.
        context = {**_lines(store, there), "text": typed, "problem": refusal.detail}
        if refusal.code == "stale":
            context["theirs"] = there
        else:
            context["seen"] = json.dumps(seen)
        return render(request, "knowledge/_synonyms.html", context, status=UNPROCESSABLE)
    return render(request, "knowledge/_synonyms.html", {**_lines(store, saved), "saved": True})
