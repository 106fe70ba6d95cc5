"""Templates that a provider has approved, filled in: what may be said when free words are not taken any more."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _

from inbox import transports
from inbox.errors import InboxError, Invalid
from inbox.models import Channel
from inbox.services.messages import MAX_BODY
from inbox.transports.base import Template, TransportError

KEPT_S = 600  # Meta takes hours to approve one: ten minutes are no time
MAX_VALUE = 300
_PLACE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


class ProviderAway(InboxError):
    """The provider does not tell which templates there are."""

    status, code = 409, "provider_away"


def templates_of(channel: Channel, *, fresh: bool = False) -> list[Template]:
    """Return what may be sent by a channel, asked of its provider at most every KEPT_S. Raises ProviderAway.

    Calls the network, so never inside a transaction.
    """
    key = f"templates:{channel.pk}"
    kept = None if fresh else cache.get(key)
    if kept is None:
        try:
            found = transports.get(channel.kind).templates(channel)
        except TransportError as error:
            raise ProviderAway(
                _(str(error)) if str(error) else _("The provider cannot be reached.")
            ) from None
        kept = [asdict(template) for template in found]
        cache.set(key, kept, KEPT_S)
    return [Template(**{**one, "fields": tuple(one["fields"])}) for one in kept]


def filled_in(
    channel: Channel, name: str, language: str, values: Mapping[str, str]
) -> tuple[str, Mapping[str, Any]]:
    """Return how a template reads with its values, and what its transport wants to be told.

    Raises Invalid where there is no such template, or a value is missing, too long or not asked for.
    """
    template = next(
        (one for one in templates_of(channel) if (one.name, one.language) == (name, language)),
        None,
    )
    if template is None:
        raise Invalid(_("There is no such template."), code="unknown_template", attr="template")
    # Providers refuse line breaks and long spaces in a value.
    given = {field: " ".join(values.get(field, "").replace("\x00", "").split()) for field in template.fields}
    if unknown := values.keys() - given.keys():
        detail = _("This template has no place for %(field)s.") % {"field": sorted(unknown)[0][:40]}
        raise Invalid(detail, attr="template")
    for field, value in given.items():
        if not value:
            detail = _("Fill in %(field)s.") % {"field": field}
            raise Invalid(detail, code="required", attr="template")
        if len(value) > MAX_VALUE:
            detail = _("A value has at most %(limit)d characters.") % {"limit": MAX_VALUE}
            raise Invalid(detail, code="too_long", attr="template")
    text = _PLACE.sub(lambda place: given.get(place[1], place[0]), template.text)[:MAX_BODY]
    return text, transports.get(channel.kind).template_data(template, given)


def template_data(template: Template) -> dict[str, Any]:
    """Return a template as the API gives it."""
    return asdict(template) | {"fields": list(template.fields)}
