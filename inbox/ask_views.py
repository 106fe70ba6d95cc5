"""/inbox/ask/: the questions of inbox/asking.py over HTTP, for pages whose socket does not get through."""

import json
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from events.sockets import MAX_FRAME
from inbox.asking import answer_to
from inbox.errors import InboxError, Invalid
from people.views.roles import AgentRequest, for_agents


@never_cache
@for_agents
@require_POST
def ask(request: AgentRequest) -> HttpResponse:
    try:
        return JsonResponse(answer_to(agent=request.user, may=lambda scope: True, given=_given(request.body)))
    except InboxError as error:
        wrong = {"code": error.code, "detail": error.detail, "attr": error.attr}
        return JsonResponse({"type": "validation_error", "errors": [wrong]}, status=error.status)


def _given(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_FRAME:
        raise Invalid(f"A question has at most {MAX_FRAME} bytes.", code="too_large")
    try:
        given = json.loads(body)
        json.dumps(given, ensure_ascii=False).encode()  # half a character would reach the database
    except (ValueError, RecursionError):
        raise Invalid("That is not JSON.") from None
    if not isinstance(given, dict):
        raise Invalid("A question is an object.")
    return given
