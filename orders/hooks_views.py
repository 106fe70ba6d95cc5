"""/hooks/stores/<hook_key>/: where stores tell us what happened. Written down before it is answered."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from helpdesk.lib.hooks import headers_of, read_body
from helpdesk.lib.jobs import enqueue
from orders import hooks, tasks
from orders.models import Connection
from orders.stores import connector_for


@csrf_exempt
@require_POST
def store_hook(request: HttpRequest, hook_key: str) -> HttpResponse:
    """404: no such address. 401: not signed by its store. 413: too large. 2xx: it is written down.

    A store repeats what it got no 2xx for, so whatever goes wrong here comes again.
    """
    connection = Connection.objects.select_related("store").filter(hook_key=hook_key).first()
    connector = connector_for(connection.store) if connection else None
    if connection is None or connector is None:
        return HttpResponse(status=404)
    body = read_body(request)
    if isinstance(body, HttpResponse):
        return body
    headers = headers_of(request)
    delivery = connector.verify(headers, body)
    if delivery is None:
        return HttpResponse(status=200 if connector.greets(headers, body) else 401)
    hook = hooks.receive(connection=connection, delivery=delivery, body=body)
    if hook.state == hook.State.NEW:
        enqueue(tasks.take_in_hook, hook.pk)
    return HttpResponse(status=200)
