"""The pages around the API: its reference, for people who are logged in, and what is not there."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework import exceptions
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request

from helpdesk.lib.api import ApiView, PerAgent, SessionAuthentication


@require_safe
@login_required
@ensure_csrf_cookie
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")


class Schema(SpectacularAPIView):
    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated]
    throttle_classes = [PerAgent]


@extend_schema(exclude=True)
class Missing(ApiView):
    """Whatever is under /api/v1/ and has no address is told so as everything else here is told: in JSON."""

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        raise exceptions.NotFound
