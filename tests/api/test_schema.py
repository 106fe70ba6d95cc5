"""The schema and its page."""

import json
import re
from io import StringIO

from django.contrib.staticfiles import finders
from django.core.management import call_command

from tests.api.conftest import BASE, Api, schema


def test_it_is_valid_and_has_nothing_to_complain_of(tmp_path):
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "x"), stdout=StringIO()
    )


def test_it_is_served_in_both_forms(world):
    client = Api(world.ann).client

    as_json = client.get(f"{BASE}schema/", headers={"Accept": "application/json"})
    assert json.loads(as_json.content)["info"]["title"] == "Helpdesk API"
    assert client.get(f"{BASE}schema/").content.startswith(b"openapi: 3")


def test_every_operation_says_what_it_is_for_and_what_it_answers():
    for path, item in schema()["paths"].items():
        if not path.startswith(BASE):
            continue
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            good = [code for code in operation["responses"] if code.startswith("2")]
            assert good, (method, path)
            for code in good:
                content = operation["responses"][code].get("content")
                assert content or code == "204", (method, path, code)
            assert {"401", "429"} <= operation["responses"].keys()


def test_addresses_of_widget_and_console_differ_in_their_key():
    paths = schema()["paths"]
    ours = [operation for path in paths for operation in paths[path].values() if path.startswith(BASE)]

    assert any(path.startswith("/api/widget/v1/") for path in paths)
    # A shop that tells of its orders comes with a key of its own.
    doors = ([{"session": []}], [{"pushKey": []}, {"session": []}], [{"session": []}, {"pushKey": []}])
    assert all(operation["security"] in doors for operation in ours)
    assert schema()["components"]["securitySchemes"].keys() == {"session", "visitor", "pushKey"}


def test_the_page_needs_no_exception_from_the_policy(world):
    answer = Api(world.ann).client.get(f"{BASE}docs/")
    page = answer.content.decode()

    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert "<style" not in page
    assert " style=" not in page
    for address in re.findall(r'(?:src|href)="/static/([^"]+)"', page):
        assert finders.find(address), address
