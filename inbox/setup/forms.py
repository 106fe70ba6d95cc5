"""Forms of the inbox's settings pages."""

import re
from typing import Any

from babel.numbers import list_currencies
from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.palette import COLORS
from inbox.canned import unknown_variables
from inbox.models import CannedReply, Tag
from people.access import stores_for
from people.forms import time_zones
from people.models import LANGUAGES, Agent, Store

MOST_ORIGINS = 20
_ORIGIN = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:(?P<port>\d{1,5}))?")


class OriginsField(forms.CharField):
    """Origins, one a line: what is left of an address when path and query are gone."""

    widget = forms.Textarea(
        attrs={"rows": 3, "placeholder": "https://www.example.com", "spellcheck": "false"}
    )

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (line.strip().rstrip("/").lower() for line in (value or "").splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def validate(self, value: Any) -> None:
        if len(value) > MOST_ORIGINS:
            raise forms.ValidationError(_("At most %(count)d addresses."), params={"count": MOST_ORIGINS})
        for origin in value:
            found = _ORIGIN.fullmatch(origin)
            if not found or int(found["port"] or 1) not in range(1, 65536):
                raise forms.ValidationError(
                    _("“%(origin)s” is not the address of a site, such as https://www.example.com."),
                    params={"origin": origin},
                )

    def run_validators(self, value: Any) -> None:
        """Checked by `validate`; the validators of a text do not suit a list."""


class StoreForm(forms.ModelForm):
    origins = OriginsField(
        label=_("Sites that may show the widget"),
        help_text=_("One a line. Left empty, any site may."),
        required=False,
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)

    class Meta:
        model = Store
        fields = ["name", "color", "greeting", "language", "time_zone", "currency", "country", "origins"]
        labels = {
            "name": _("Name"),
            "color": _("Colour of the widget"),
            "greeting": _("Greeting"),
            "language": _("Language"),
            "currency": _("Currency"),
            "country": _("Country"),
        }
        help_texts = {
            "greeting": _("The first words a visitor reads in the widget."),
            "currency": _("Three letters, such as USD."),
            "country": _("Two letters, such as US."),
        }
        widgets = {
            "greeting": forms.Textarea(attrs={"rows": 2}),
            "color": forms.TextInput(attrs={"maxlength": 7, "spellcheck": "false", "class": "mono"}),
        }

    def clean_color(self) -> str:
        color: str = self.cleaned_data["color"].lower()
        if not re.fullmatch(r"#[0-9a-f]{6}", color):
            raise forms.ValidationError(_("A colour is written as #2f6fed."))
        return color

    def clean_currency(self) -> str:
        currency: str = self.cleaned_data["currency"].upper()
        if currency not in list_currencies():
            raise forms.ValidationError(_("No currency has these letters."))
        return currency

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        if not re.fullmatch(r"[A-Z]{2}", country):
            raise forms.ValidationError(_("A country is two letters."))
        return country


class NewStoreForm(StoreForm):
    """The key is chosen once: it stands in the pages of the shop."""

    class Meta(StoreForm.Meta):
        fields = ["name", "key", *StoreForm.Meta.fields[1:]]
        labels = {**StoreForm.Meta.labels, "key": _("Key")}
        help_texts = {
            **StoreForm.Meta.help_texts,
            "key": _("Letters, digits and hyphens. It stands in your pages and cannot be changed later."),
        }


class TagForm(forms.ModelForm):
    color = forms.ChoiceField(
        label=_("Colour"), choices=[(name, name) for name in COLORS], widget=forms.RadioSelect
    )

    class Meta:
        model = Tag
        fields = ["name", "color"]
        labels = {"name": _("Name")}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if Tag.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is a tag with this name already."))
        return name


class CannedReplyForm(forms.ModelForm):
    class Meta:
        model = CannedReply
        fields = ["title", "shortcut", "store", "language", "body"]
        labels = {
            "title": _("Title"),
            "shortcut": _("Shortcut"),
            "store": _("Store"),
            "language": _("Language"),
            "body": _("Text"),
        }
        help_texts = {"shortcut": _("Typed after / in a reply.")}
        widgets = {"body": forms.Textarea(attrs={"rows": 6})}

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
        store = self.fields["store"]
        store.queryset = stores_for(agent)  # type: ignore[attr-defined]
        store.empty_label = _("Every store")  # type: ignore[attr-defined]

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"]
        if unknown := unknown_variables(body):
            raise forms.ValidationError(
                _("There is no variable %(name)s."), params={"name": "{{" + unknown[0] + "}}"}
            )
        return body

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        same = CannedReply.objects.filter(
            store=data.get("store"), shortcut=data.get("shortcut"), language=data.get("language")
        )
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("shortcut", _("This shortcut is taken."))
        return data
