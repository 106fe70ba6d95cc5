"""The schema of the API: what every operation has in common, so that each view says only what is its own."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.utils.formatting import camelcase_to_spaces

WIDGET = "/api/widget/"
WITH_BODY = ("POST", "PUT", "PATCH")


class ErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="For programs: it does not change.")
    detail = serializers.CharField(help_text="For people, in their language.")
    attr = serializers.CharField(
        allow_null=True, help_text="The field, parameter or header that is to blame."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A field is wrong",
            {
                "type": "validation_error",
                "errors": [{"code": "invalid", "detail": "A valid integer is required.", "attr": "seq"}],
            },
            response_only=True,
            status_codes=["400"],
        ),
        OpenApiExample(
            "Not there, or not yours to see",
            {
                "type": "client_error",
                "errors": [{"code": "not_found", "detail": "No such conversation.", "attr": None}],
            },
            response_only=True,
            status_codes=["404"],
        ),
    ]
)
class ErrorsSerializer(serializers.Serializer[Any]):
    type = serializers.ChoiceField(["validation_error", "client_error", "server_error"])
    errors = ErrorSerializer(many=True)  # type: ignore[assignment]  # a field: it is no attribute any more


class Schema(AutoSchema):
    """Adds the errors that an operation can answer with by what it takes; other ones the view names."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        found: dict[str, Any] = super()._get_response_bodies(direction)
        if direction != "response":
            return found
        places = {parameter["in"] for parameter in self._get_parameters()}
        codes = {"401", "429"}
        if "query" in places or (self.method in WITH_BODY and self.get_request_serializer()):
            codes.add("400")
        if "path" in places:
            codes.add("404")
        if self.method != "GET":  # a CSRF header that is missing or wrong
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
