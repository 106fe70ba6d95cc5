"""Forms in a dialog: a fragment that htmx puts into <dialog id="dialog">, and its answer when it is sent."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRefresh

UNPROCESSABLE = 422  # what htmx shows in the page instead of complaining


def form_dialog(
    request: HttpRequest,
    form: BaseForm,
    *,
    title: str,
    submit: str,
    save: Callable[[], Any],
    done: str,
    template: str = "_form_dialog.html",
    **context: Any,
) -> HttpResponse:
    """Show `form`; when it was sent and is valid, `save`, say `done` and have the page behind loaded anew.

    What `save` cannot do it says by `form.add_error`, and the form is shown again.
    """
    if form.is_bound and form.is_valid():
        save()
        if not form.errors:
            messages.success(request, done)
            return HttpResponseClientRefresh()
    return render(
        request,
        template,
        {"form": form, "title": title, "submit": submit, **context},
        status=UNPROCESSABLE if form.errors else 200,
    )
