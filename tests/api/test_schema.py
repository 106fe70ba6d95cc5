"""The schema and its page."""

import json
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import jsonschema
from django.contrib.staticfiles import finders
from django.core.management import call_command

from helpdesk.lib.scopes import SCOPES
from tests.api.conftest import BASE, Api, schema, strict


def test_it_is_valid_and_has_nothing_to_complain_of(tmp_path):
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "x"), stdout=StringIO()
    )


def test_it_is_served_in_both_forms(world):
    client = Api(world.ann).client

    as_json = client.get(f"{BASE}schema/", headers={"Accept": "application/json"})
    assert json.loads(as_json.content)["info"]["title"] == "Helpdesk API"
    assert client.get(f"{BASE}schema/").content.startswith(b"openapi: 3")


def described() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of console and widget."""
    for path, item in schema()["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


def test_every_operation_says_what_it_is_for_and_what_it_answers() -> None:
    names = set()
    for method, path, operation in described():
        where = (method, path)
        assert operation["summary"], where
        assert operation.get("description"), where
        assert len(operation["tags"]) == 1, where
        names.add(operation["operationId"])
        in_path = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), where
        answers = operation["responses"]
        assert [code for code in answers if code.startswith("2")], where
        for code, answer in answers.items():
            assert answer.get("content") or code == "204", (*where, code)
        assert {"401", "429"} <= answers.keys() or path.endswith("/sessions"), where
        assert "404" in answers or not in_path, where
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= answers.keys(), where
        if path.startswith(BASE):
            assert "403" in answers, where
    assert len(names) == len(list(described())), "an operation is called as another one"


def bodies(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield "request", content
    for code, answer in operation["responses"].items():
        for content in answer.get("content", {}).values():
            yield code, content


def test_every_body_has_an_example_that_is_what_it_says() -> None:
    for method, path, operation in described():
        for which, content in bodies(operation):
            values = [example["value"] for example in content.get("examples", {}).values()]
            assert values, (method, path, which)
            validator = jsonschema.Draft202012Validator(strict(content["schema"]))
            for value in values:
                wrong = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
                assert not wrong, (method, path, which, wrong)


def test_doors_are_told_and_what_a_key_needs_for_each() -> None:
    people, shops, visitors = [{"key": []}, {"session": []}], {"pushKey": []}, [{"visitor": []}]
    for method, path, operation in described():
        doors = operation.get("security", [])
        if path.startswith(BASE):
            assert doors in (people, [shops, *people], [*people, shops]), path
            assert set(operation["x-scopes"]) <= set(SCOPES), (method, path)
            assert all(f"`{scope}`" in operation["description"] for scope in operation["x-scopes"])
        else:
            # Without a token a visitor only reads what is public, or becomes one.
            assert doors == visitors or method == "get" or path.endswith("/sessions"), path
    assert schema()["components"]["securitySchemes"].keys() == {"session", "key", "visitor", "pushKey"}


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
