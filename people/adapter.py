"""How allauth fits this desk: accounts are made by an admin, and who comes and goes is recorded."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from helpdesk.lib.addresses import client_ip
from people import services, sessions
from people.access import is_shut_demo
from people.models import Agent


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count nothing: axes counts passwords, and allauth's own limit guards second factors."""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Agent | None:
        """Tell axes by the name it looks for whose password this is, in one spelling."""
        login = (credentials.get("email") or "").strip().lower()
        if is_shut_demo(login):
            return None
        agent: Agent | None = super().authenticate(request, **credentials, login=login)
        return agent

    def reauthenticate(self, user: Agent, password: str) -> bool:
        # allauth would look for the address in its own table, which this desk does not fill.
        found = self.authenticate(context.request, email=user.email, password=password)
        return found is not None and found.pk == user.pk

    def post_login(self, request: HttpRequest, user: Agent, **kwargs: Any) -> HttpResponse:
        services.log_in(agent=user, ip=client_ip(request))
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def logout(self, request: HttpRequest) -> None:
        if isinstance(request.user, Agent):
            services.log_out(agent=request.user, session_key=request.session.session_key or "")
        super().logout(request)

    def set_password(self, user: Agent, password: str) -> None:
        services.set_password(agent=user, password=password)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("settings:security")

    def get_reset_password_from_key_url(self, key: str) -> str:
        # Of the address we were told is ours, not of whatever Host the request named.
        uid, _, token = key.partition("-")
        return settings.PUBLIC_URL + reverse("account_reset_password_from_key", args=[uid, token])


class UserSessionsAdapter(DefaultUserSessionsAdapter):
    def end_sessions(self, sessions_: Any) -> None:
        sessions.end(sessions_)
