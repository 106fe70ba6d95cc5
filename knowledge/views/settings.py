"""Where an article stands and who sees it: a form beside the words that saves itself."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from helpdesk.lib.dialogs import UNPROCESSABLE
from inbox.errors import InboxError, NotFound
from knowledge import services
from knowledge.models import Article, Category
from knowledge.templatetags.knowledge import category_name
from knowledge.views.opening import open_article
from people.access import agents_for
from people.models import Agent
from people.views.roles import AgentRequest, for_agents


class CategoryChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return category_name(obj)


class OwnerChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name)


class SettingsForm(forms.Form):
    audience = forms.ChoiceField(
        label=gettext_lazy("Audience"), choices=Article.Audience.choices, widget=forms.RadioSelect
    )
    category = CategoryChoice(None, label=gettext_lazy("Category"), required=False, empty_label="—")
    topic = forms.ChoiceField(
        label=gettext_lazy("Topic"),
        required=False,
        choices=[("", gettext_lazy("Not about a product")), *Article.Topic.choices],
    )
    owner = OwnerChoice(None, label=gettext_lazy("Owner"), required=False, empty_label="—")
    review_on = forms.DateField(
        label=gettext_lazy("Review on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    slug = forms.CharField(
        label=pgettext_lazy("article", "Address"),
        max_length=100,
        help_text=gettext_lazy("Small letters, digits and hyphens. Links to the old one lead nowhere."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, article: Article, agent: Agent) -> None:
        initial = {name: getattr(article, name) for name in self.base_fields}
        super().__init__(data, initial=initial)
        categories = Category.objects.filter(store=article.store_id).select_related("store")
        self.fields["category"].queryset = categories.order_by("position", "key")  # type: ignore[attr-defined]
        # Who has left stays named until somebody else takes it.
        among = Q(pk__in=agents_for(agent).values("pk")) | Q(pk=article.owner_id)
        self.fields["owner"].queryset = Agent.objects.filter(among).order_by("name", "id")  # type: ignore[attr-defined]


def settings_form(request: AgentRequest, article: Article) -> SettingsForm:
    return SettingsForm(article=article, agent=request.user)


@for_agents
@require_POST
def settings(request: AgentRequest, article_id: UUID) -> HttpResponse:
    """Save what the form says; show it again, with what cannot be."""
    article = open_article(request, article_id)
    form = SettingsForm(request.POST, article=article, agent=request.user)
    products = request.POST.getlist("products")
    if form.is_valid():
        try:
            services.change_article(
                agent=request.user, article_id=article.pk, products=products, **form.cleaned_data
            )
        except NotFound:
            raise Http404 from None
        except InboxError as refusal:
            attr = "audience" if refusal.code == "not_allowed" else refusal.attr
            form.add_error(attr if attr in form.fields else None, refusal.detail)
    skus = products if form.errors else [product.sku for product in article.products.all()]
    context = {"article": article, "form": form, "skus": skus, "saved": not form.errors}
    return render(request, "knowledge/_settings.html", context, status=UNPROCESSABLE if form.errors else 200)
