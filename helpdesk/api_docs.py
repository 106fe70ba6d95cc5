"""The pages around the API: its reference, for people who are logged in, and what is not there."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from helpdesk.lib.api import ApiView, Guarded
from helpdesk.lib.scopes import ANY_KEY


@require_safe
@login_required
@ensure_csrf_cookie
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")


class Schema(Guarded, SpectacularAPIView):
    scope = ANY_KEY
    permission_classes: list[Any] = []


@extend_schema(exclude=True)
class Missing(ApiView):
    """Whatever is under /api/v1/ and has no address is told so as everything else here is told: in JSON."""

    scope = ANY_KEY

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound


@extend_schema(exclude=True)
class MissingForWidget(APIView):
    """The same for the widget's addresses, which no log-in is needed for."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        raise exceptions.NotFound
