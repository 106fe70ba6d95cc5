"""The console's page: its shell, and the small lists its modules start with. All else is live data."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from helpdesk.lib.pictures import shows_pictures
from inbox import transports
from inbox.access import conversations_for
from inbox.models import Channel, Conversation, Delivery, Tag
from inbox.services.places import standing
from people.access import agents_for, stores_for
from people.models import Agent, Team

# Named in the page's head, so that the browser fetches all at once and not import by import.
MODULES = sorted(f"js/console/{path.name}" for path in (settings.BASE_DIR / "static/js/console").glob("*.js"))

# Key, label, whether a count stands beside it (that of all resolved ones would help nobody).
VIEWS = [
    ("mine", _("Mine"), True),
    ("unassigned", _("Unassigned"), True),
    ("all", _("All"), True),
    ("waiting", _("Waiting"), True),
    ("mentions", _("Mentions"), True),
    ("snoozed", _("Snoozed"), True),
    ("resolved", _("Resolved"), False),
]

EMOJI = (
    "😀 😃 😄 😁 😊 🙂 😉 😍 🤗 🤔 😅 😂 😢 😭 😔 😟 😳 😮 😬 🙃 😎 🥳 😴 🤝 "
    "👍 👎 👌 👏 🙏 💪 👋 🙌 ✌️ 👀 ❤️ 💙 🎉 ✨ ⭐ 🔥 ✅ ❌ ⚠️ ❓ ❗ ⏰ 📦 🚚 "
    "📷 📄 📎 💳 💰 🎁 🛒 🏷️ 📞 ✉️ 🔗 🔍 🌸 ☀️ ☕ 🍀 👗 👟 👜 💄 📱 💻 🎧 🧸"
)


@require_GET
@never_cache
@login_required
@ensure_csrf_cookie
@shows_pictures
def inbox(request: HttpRequest, conversation_id: UUID | None = None) -> HttpResponse:
    agent = request.user
    assert isinstance(agent, Agent)
    if conversation_id and (into := _merged_into(agent, conversation_id)):
        return redirect("inbox:conversation", into)
    context = {
        "conversation": conversation_id,
        "modules": MODULES,
        "boot": boot(agent),
        "stores": stores_for(agent),
        "views": VIEWS,
        "priorities": sorted(Conversation.Priority.choices, reverse=True),
        "emoji": EMOJI.split(),
    }
    return render(request, "inbox/inbox.html", context)


def _merged_into(agent: Agent, conversation_id: UUID) -> UUID | None:
    """Return where the messages of a conversation are, if it is part of another."""
    rows = conversations_for(agent).filter(pk=conversation_id, merged_into__isnull=False)
    found = rows.first()
    return standing(found) if found else None


def boot(agent: Agent) -> dict[str, Any]:
    """Return what the page's modules begin with. Its lists are as long as a shop has people and tags."""
    teams = Team.objects.filter(stores__in=stores_for(agent)).distinct()
    return {
        "me": {"id": str(agent.id), "name": agent.name, "role": agent.role, "may": sorted(agent.abilities)},
        "agents": [
            {"id": str(colleague.id), "name": colleague.name, "presence": colleague.presence_now()}
            for colleague in agents_for(agent)
        ],
        "teams": [{"id": str(team.id), "name": team.name} for team in teams],
        "tags": [{"id": str(tag.id), "name": tag.name, "color": tag.color} for tag in Tag.objects.all()],
        "channels": {
            kind: {
                "label": str(transport.label),
                "icon": transport.icon,
                "outside": transport.first_state
                == Delivery.State.QUEUED,  # a provider tells what became of it
                "segments": transport.segments,
            }
            for kind, transport in transports.all_transports().items()
        },
        "ways": [
            {"id": str(pk), "kind": kind, "name": name, "store": str(store)}
            for pk, kind, name, store in Channel.objects.filter(store__in=stores_for(agent)).values_list(
                "id", "kind", "name", "store"
            )
        ],
        "limits": {"upload": settings.MAX_UPLOAD_BYTES},
    }
