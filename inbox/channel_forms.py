"""The forms by which channels are connected: a transport's own, with credentials that go in and never come out.

A secret that is left empty stays as it is. It is put into what the form is given, so that a form checks what will
be saved, but no widget ever writes it into a page.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inbox import transports
from inbox.models import Channel
from inbox.services.channels import secrets_of
from inbox.transports.base import Transport
from people.access import stores_for
from people.models import Agent

KEPT = "••••••••"
FORGET = "forget-"  # of a checkbox: the secret that it names is not kept


class NameForm(forms.ModelForm):
    class Meta:
        model = Channel
        fields = ["name"]
        labels = {"name": _("Name")}
        help_texts = {"name": _("Agents see it; buyers do not.")}


class NewChannelForm(NameForm):
    class Meta(NameForm.Meta):
        fields = ["store", "name"]
        labels = {**NameForm.Meta.labels, "store": _("Store")}
        help_texts = {
            **NameForm.Meta.help_texts,
            "store": _("Whose buyers write there. It cannot be changed later."),
        }

    def __init__(self, *args: Any, agent: Agent, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        store: Any = self.fields["store"]
        store.queryset = stores_for(agent)
        store.empty_label = None


def kinds() -> list[Transport]:
    """Return the transports that a person can connect. (A widget comes with its store.)"""
    return [found for found in transports.all_transports().values() if found.form.base_fields]


def with_kept(transport: Transport, channel: Channel | None, given: Mapping[str, Any]) -> Any:
    """Return what a form is given, with the secrets that are kept where it has none."""
    data: Any = given.copy() if isinstance(given, QueryDict) else dict(given)
    for name, value in secrets_of(channel).items() if channel else ():
        if name in transport.secret_fields and not data.get(name) and not data.get(FORGET + name):
            data[name] = value
    return data


def transport_form(
    transport: Transport, channel: Channel | None, given: Mapping[str, Any] | None
) -> forms.Form:
    """Return the form of a transport for a page: of a channel (None: of a new one), with what was sent, if anything."""
    data = None if given is None else with_kept(transport, channel, given)
    form = transport.form(data, initial=channel.config if channel else {}, auto_id="connect-%s")
    form.use_required_attribute = False
    for name in transport.secret_fields:
        widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}, render_value=False)
        widget.is_required = False
        form.fields[name].widget = widget
    return form


@dataclass(frozen=True)
class Line:
    """A field as a page shows it. `kept`: it is a secret that is saved; `forgettable`: and may be done without;
    `made_up`: it is one that nobody gives us."""

    field: BoundField
    kept: bool = False
    forgettable: bool = False
    made_up: bool = False


@dataclass(frozen=True)
class Lines:
    title: Any
    lines: list[Line]
    only_field: str = ""
    only_values: str = ""


def laid_out(transport: Transport, channel: Channel | None, form: forms.Form) -> list[Lines]:
    """Return a form's fields in the groups of its transport; what is in none of them first.

    For a page alone, once the form was checked: what is needed is marked as that.
    """
    kept = {name for name, value in secrets_of(channel).items() if value} if channel else set()
    grouped = {name for group in transport.groups for name in group.fields}
    found = [Lines("", [_line(transport, form[name], kept) for name in form.fields if name not in grouped])]
    for group in transport.groups:
        field, values = group.only or ("", frozenset())
        for name in group.needed:
            form.fields[name].required = True
        lines = [_line(transport, form[name], kept) for name in group.fields]
        found.append(Lines(group.title, lines, f"connect-{field}" if field else "", " ".join(sorted(values))))
    return found


def _line(transport: Transport, field: BoundField, kept: set[str]) -> Line:
    if field.name in kept:
        field.field.widget.attrs["placeholder"] = KEPT
    return Line(
        field,
        kept=field.name in kept,
        forgettable=field.name in kept and not field.field.required,
        made_up=field.name in transport.own_secrets,
    )


def checked(
    transport: Transport, channel: Channel | None, given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Return what a program filled in, as it would be saved, and what is wrong with it, by field.

    Of a channel what is not given stays; a secret that is None is forgotten.
    """
    fields = transport.form.base_fields
    config = {name: value for name, value in channel.config.items() if name in fields} if channel else {}
    forgotten = {FORGET + name: True for name, value in given.items() if value is None}
    form = transport.form(with_kept(transport, channel, {**config, **given, **forgotten}))
    wrong = {name: [str(error) for error in errors] for name, errors in form.errors.items()}
    for name in given.keys() - fields.keys():
        wrong[name] = [gettext("There is no such field.")]
    return ({} if wrong else form.cleaned_data), wrong
