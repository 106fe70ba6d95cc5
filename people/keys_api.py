"""`Authorization: Bearer KEY` on /api/v1/: who asks is the key's agent, and `request.auth` the key."""

from django.utils import timezone, translation
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from helpdesk.lib import tally
from helpdesk.lib.addresses import client_ip
from people import keys
from people.middleware import zone_of
from people.models import Agent, ApiKey


class KeyAuthentication(BaseAuthentication):
    """No cookie is looked at where a key is shown, so there is nothing for another site to ride on: no CSRF header."""

    def authenticate(self, request: Request) -> tuple[Agent, ApiKey] | None:
        scheme, _space, shown = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            key = keys.authenticate(shown.strip(), address=client_ip(request._request))
        except keys.TooManyGuesses as refused:
            raise exceptions.Throttled(tally.seconds_left(), refused.detail) from None
        except keys.KeyRefused as refused:
            raise exceptions.AuthenticationFailed(refused.detail, refused.code) from None
        translation.activate(key.agent.language)
        timezone.activate(zone_of(key.agent))
        return key.agent, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
