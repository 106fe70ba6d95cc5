"""The schema of the API: what every operation has in common, so that each view says only what is its own."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.utils.formatting import camelcase_to_spaces

from helpdesk.lib import scopes

WIDGET = "/api/widget/"
WITH_BODY = ("POST", "PUT", "PATCH")


def sent(name: str, value: Any) -> Any:
    """Decorate the shape of a body with an example of it."""
    return extend_schema_serializer(examples=[OpenApiExample(name, value, request_only=True)])


class ErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="For programs: it does not change.")
    detail = serializers.CharField(help_text="For people, in their language.")
    attr = serializers.CharField(
        allow_null=True, help_text="The field, parameter or header that is to blame."
    )


class ErrorsSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(["validation_error", "client_error", "server_error"])
    errors = ErrorSerializer(many=True)  # type: ignore[assignment]  # a field: it is no attribute any more


class Schema(AutoSchema):
    """Adds what an operation answers, and what a key needs for it, by what it is; the rest the view says."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        found: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if found is not None and (needs := self._scopes()) is not None:
            words = " and ".join(f"`{scope}`" for scope in needs)
            said = f"A key needs {words}." if needs else "Any key will do."
            found["description"] = f"{found.get('description', '')}\n\n{said}".strip()
            found["x-scopes"] = list(needs)
        return found

    def _scopes(self) -> tuple[str, ...] | None:
        return None if self.path.startswith(WIDGET) else scopes.needed(self.view, self.method)

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        found: dict[str, Any] = super()._get_response_bodies(direction)
        if direction != "response":
            return found
        places = {parameter["in"] for parameter in self._get_parameters()}
        codes = {"401", "429"}
        if self.method in WITH_BODY and self.get_request_serializer():
            codes |= {"400", "413", "415"}
        if "query" in places:
            codes.add("400")
        if "path" in places:
            codes.add("404")
        if not self.path.startswith(WIDGET):  # a key's scope, or a CSRF header
            codes.add("403")
        for code in sorted(codes - found.keys()):
            found[code] = self._get_response_for_code(ErrorsSerializer, code)
        return dict(sorted(found.items()))

    def get_tags(self) -> list[str]:
        return ["Widget"] if self.path.startswith(WIDGET) else super().get_tags()

    def get_operation_id(self) -> str:
        """Return the method and the view's name, which no other address has: `get_conversations`."""
        name = camelcase_to_spaces(type(self.view).__name__).replace(" ", "_").lower()
        return f"{'widget_' * self.path.startswith(WIDGET)}{self.method.lower()}_{name}"


class Session(OpenApiAuthenticationExtension):
    target_class = "helpdesk.lib.api.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        description = "The console's log-in. Whatever is not a GET also sends X-CSRFToken."
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": description,
        }


class Key(OpenApiAuthenticationExtension):
    target_class = "people.keys_api.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of an agent: Settings → API keys. Each operation says which scopes it needs.",
        }


class Visitor(OpenApiAuthenticationExtension):
    target_class = "inbox.widget_api.VisitorAuthentication"
    name = "visitor"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "The visitor_token of a widget's session."}


class PushKey(OpenApiAuthenticationExtension):
    target_class = "orders.push_api.PushKeyAuthentication"
    name = "pushKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The push key of a store: Settings → Stores.",
        }
