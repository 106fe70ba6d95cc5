"""What every endpoint of /api/v1/ has in common: who may call it and how often, what is read, how errors are told."""

from io import BytesIO
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import UnreadablePostError
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_standardized_errors.formatter import ExceptionFormatter
from drf_standardized_errors.handler import ExceptionHandler
from drf_standardized_errors.types import Error, ErrorType
from rest_framework import authentication, exceptions, serializers, status
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from helpdesk.lib import scopes, tally
from helpdesk.lib.keyset import BadCursor

MAX_JSON = 256 * 1024  # the longest message, with every character escaped, and room

# -- Who


class SessionAuthentication(authentication.SessionAuthentication):
    """The console's cookie, with the CSRF header for whatever changes something. A stranger gets a 401."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


def who_may(ability: str) -> type[BasePermission]:
    """Return the permission of those whose role has an ability (people/abilities.py: agents know what they may)."""

    class WhoMay(BasePermission):
        message = gettext_lazy("Your role may not do this.")

        def has_permission(self, request: Request, view: APIView) -> bool:
            agent: Any = request.user
            return bool(agent.may(ability))

    return WhoMay


class WithinScopes(BasePermission):
    """A key (request.auth) is let in where its scopes hold all that the view needs; one that says nothing is shut."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        key: Any = request.auth
        # A log-in: all that its agent may. A method that the view lacks: that is what will be told.
        if key is None or not hasattr(view, str(request.method).lower()):
            return True
        needed = scopes.needed(view, str(request.method))
        if needed is None:
            raise exceptions.PermissionDenied(_("Keys are not let in here."), code="not_for_keys")
        missing = sorted(set(needed) - key.granted)
        if missing:
            detail = _("This key lacks the scope %(scopes)s.") % {"scopes": ", ".join(missing)}
            raise exceptions.PermissionDenied(detail, code="missing_scope")
        return True


class PerAgent(BaseThrottle):
    """So many requests a minute (settings.API_REQUESTS_PER_MINUTE) by one agent, over all their log-ins and keys."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        return tally.count(f"api:{request.user.pk}") <= settings.API_REQUESTS_PER_MINUTE

    def wait(self) -> float:
        return tally.seconds_left()


# -- What is read


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = gettext_lazy("The request is too large.")


class StrictJSONParser(JSONParser):
    """JSON of a bounded size, and an object: what the serializers are written for."""

    max_bytes = MAX_JSON

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        raw = stream.read(self.max_bytes + 1)
        if len(raw) > self.max_bytes:
            raise TooLarge
        try:
            data = super().parse(BytesIO(raw), media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError(_("That is nested too deeply.")) from None
        if not isinstance(data, dict):
            raise exceptions.ParseError(_("Send an object."))
        return data


def read(serializer_class: type[serializers.Serializer[Any]], data: Any) -> dict[str, Any]:
    """Return what a request holds, checked. Raises ValidationError."""
    serializer = serializer_class(data=data)
    serializer.is_valid(raise_exception=True)
    found: dict[str, Any] = serializer.validated_data
    return found


def next_page(request: Request, cursor: str | None) -> str | None:
    """Return the address of the page at `cursor`, relative to the desk, with the filters of this one."""
    if cursor is None:
        return None
    query = request.query_params.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}"


class Guarded(APIView):
    """The door of /api/v1/. What a view adds to `permission_classes` comes on top of it, never instead."""

    scope: scopes.Scope = None  # what a key needs; see helpdesk/lib/scopes.py
    permission_classes: list[Any] = []
    throttle_classes: list[Any] = [PerAgent]

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        # A key brings its agent's language and time zone along, for this request alone.
        with timezone.override(timezone.get_current_timezone()):
            return super().dispatch(request, *args, **kwargs)

    def get_authenticators(self) -> list[Any]:
        return [import_string(path)() for path in settings.API_AUTHENTICATION]

    def get_permissions(self) -> list[Any]:
        return [IsAuthenticated(), WithinScopes(), *super().get_permissions()]


class ApiView(Guarded):
    """Starts from an access queryset, calls one service, and answers with a shape of payloads.py."""

    parser_classes: list[Any] = [StrictJSONParser]

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        return response


# -- How errors are told


class Refusal(Protocol):
    """What services raise (inbox.errors, orders.errors): known here by its shape, because apps stand above."""

    status: int
    code: str
    detail: str
    attr: str | None

    def frame(self) -> dict[str, Any]: ...


class Refused(exceptions.APIException):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail, refusal.code)
        self.status_code = refusal.status
        self.attr = refusal.attr
        # What the error has to show besides its words, such as the messages that came in between.
        self.more = {k: v for k, v in refusal.frame().items() if k not in ("type", "code", "detail")}


class ErrorHandler(ExceptionHandler):
    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, BadCursor):
            detail = exceptions.ErrorDetail(_("This is no cursor of this list."), code="invalid_cursor")
            return exceptions.ValidationError({"cursor": [detail]})
        if isinstance(exc, RequestDataTooBig):
            return TooLarge()
        if isinstance(exc, SuspiciousOperation | UnreadablePostError):
            return exceptions.ParseError()
        if all(hasattr(exc, name) for name in ("status", "code", "detail", "attr", "frame")):
            return Refused(exc)  # type: ignore[arg-type]
        known: Exception = super().convert_known_exceptions(exc)
        return known


class ErrorFormatter(ExceptionFormatter):
    def get_error_type(self) -> ErrorType:
        if isinstance(self.exc, Refused) and self.exc.status_code == status.HTTP_400_BAD_REQUEST:
            return "validation_error"
        kind: ErrorType = super().get_error_type()
        return kind

    def get_errors(self) -> list[Error]:
        errors: list[Error] = super().get_errors()
        if isinstance(self.exc, Refused):
            errors[0].attr = self.exc.attr
        for error in errors:  # what was sent may stand in it, and need not be text that can be sent back
            error.detail = _sayable(error.detail)
            error.attr = error.attr and _sayable(error.attr)
        return errors

    def format_error_response(self, error_response: Any) -> Any:
        answer = super().format_error_response(error_response)
        return answer | self.exc.more if isinstance(self.exc, Refused) else answer


def _sayable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
