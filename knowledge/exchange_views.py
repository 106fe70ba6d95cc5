"""Articles in and out of the desk by hand: a page for supervisors, and the files it gives."""

from itertools import islice
from typing import IO, Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from helpdesk.lib.dialogs import UNPROCESSABLE
from helpdesk.lib.sheets import csv_response
from inbox.errors import InboxError
from inbox.files import refuse_large
from knowledge.access import articles_for
from knowledge.exchange import tables
from knowledge.exchange.documents import Fault
from knowledge.exchange.folders import Bundle, read_zip
from knowledge.exchange.writing import AT_ONCE, documents_of, zip_of
from knowledge.services.importing import ImportRefused, import_bundle
from people.access import stores_for
from people.models import Agent, Store
from people.views.roles import AgentRequest, for_agents, who_may

SHOWN_FAULTS = 100


class StoreChoice(forms.ModelChoiceField):
    """One of the stores of whom the form is for."""

    def __init__(self) -> None:
        super().__init__(
            Store.objects.none(), label=gettext_lazy("Store"), to_field_name="key", empty_label=None
        )


class ImportForm(forms.Form):
    store = StoreChoice()
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A ZIP file with a folder of Markdown files, or a table (CSV)."),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,.csv,.tsv,text/csv,application/zip"}),
    )
    publishing = forms.BooleanField(
        label=gettext_lazy("Publish at once"),
        help_text=gettext_lazy("Without it everything stays a draft; what says “state: draft” always does."),
        required=False,
    )

    def __init__(self, *args: Any, agent: Agent) -> None:
        super().__init__(*args)
        _offer_stores(self, agent)


class ExportForm(forms.Form):
    store = StoreChoice()
    form = forms.ChoiceField(
        label=gettext_lazy("As"),
        choices=[
            ("zip", gettext_lazy("A folder of Markdown files (ZIP)")),
            ("csv", gettext_lazy("A table (CSV)")),
        ],
    )

    def __init__(self, *args: Any, agent: Agent) -> None:
        super().__init__(*args, auto_id="export-%s")  # type: ignore[misc]
        _offer_stores(self, agent)


def _offer_stores(form: forms.Form, agent: Agent) -> None:
    form.fields["store"].queryset = stores_for(agent)  # type: ignore[attr-defined]


@who_may("articles.import")
@require_http_methods(["GET", "POST"])
def exchange(request: AgentRequest) -> HttpResponse:
    """Show the page; take a file in, or say what would come of it (`try`)."""
    if request.method == "GET":
        forms_of_page = {
            "form": ImportForm(agent=request.user),
            "export": ExportForm(agent=request.user),
            "columns": tables.COLUMNS,
        }
        return render(request, "knowledge/exchange.html", forms_of_page)
    only_try = "try" in request.POST
    faults: list[Fault] = []
    done = None
    try:
        refuse_large(request)
        form = ImportForm(request.POST, request.FILES, agent=request.user)
        if form.is_valid():
            given = form.cleaned_data
            done = import_bundle(
                agent=request.user,
                store=given["store"],
                bundle=_read(given["file"]),
                publishing=given["publishing"],
                only_try=only_try,
            )
        else:
            faults = [Fault("", f"{form[name].label}: {said[0]}") for name, said in form.errors.items()]
    except ImportRefused as refused:
        faults = refused.faults
    except InboxError as refusal:
        faults = [Fault("", refusal.detail)]
    context = {
        "done": done,
        "only_try": only_try,
        "faults": faults[:SHOWN_FAULTS],
        "more": max(0, len(faults) - SHOWN_FAULTS),
    }
    status = UNPROCESSABLE if faults else 200
    return render(request, "knowledge/_imported.html", context, status=status)


def _read(file: UploadedFile) -> Bundle:
    name = (file.name or "").lower()
    if name.endswith(".zip"):
        return read_zip(file)
    if name.endswith((".csv", ".tsv", ".txt")):
        return tables.read_table(file.read())
    return Bundle(faults=[Fault(file.name or "", _("This is neither a ZIP file nor a table (CSV)."))])


@for_agents
@require_GET
def export(request: AgentRequest) -> HttpResponseBase:
    """Give all articles of a store, archived ones aside."""
    form = ExportForm(request.GET, agent=request.user)
    if not form.is_valid():
        return HttpResponse(_("Choose a store."), status=400, content_type="text/plain; charset=utf-8")
    store = form.cleaned_data["store"]
    articles = articles_for(request.user).filter(store=store, archived_at__isnull=True)
    name = f"articles-{store.key}"
    if form.cleaned_data["form"] == "csv":
        rows = tables.rows(documents_of(articles))
        return csv_response(request, name, tables.COLUMNS, iter(lambda: list(islice(rows, AT_ONCE)), []))
    file: IO[bytes] = zip_of(store, articles)
    answer = FileResponse(file, as_attachment=True, filename=f"{name}-{timezone.localdate():%Y-%m-%d}.zip")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
