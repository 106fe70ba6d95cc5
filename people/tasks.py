"""Mail to agents (a job that is lost costs a click on "Send the link again"), and what is kept for a while."""

from celery import shared_task
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from people import notices
from people.models import Agent


def password_link(agent: Agent) -> str:
    """Return the address where `agent` sets a password, once, within PASSWORD_RESET_TIMEOUT."""
    token = default_token_generator.make_token(agent)
    return settings.PUBLIC_URL + reverse("account_reset_password_from_key", args=[agent.id.hex, token])


@shared_task
def send_invitation(agent_id: str) -> bool:
    """Mail a new agent the link that sets their password. Returns False where that is no longer wanted."""
    agent = Agent.objects.filter(pk=agent_id, is_active=True).first()
    if agent is None or agent.has_usable_password():
        return False
    context = {
        "agent": agent,
        "link": password_link(agent),
        "days": settings.PASSWORD_RESET_TIMEOUT // 86_400,
    }
    with translation.override(agent.language):
        subject = render_to_string("people/mail/invitation_subject.txt", context).strip()
        body = render_to_string("people/mail/invitation.txt", context)
    send_mail(subject, body, settings.DEFAULT_FROM_EMAIL, [agent.email])
    return True


@shared_task
def discard_old_notices() -> int:
    """Delete notices that nobody looks for any more; return how many."""
    return notices.discard_old()
