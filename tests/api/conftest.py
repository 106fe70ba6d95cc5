"""A client of the API for each agent, which holds every answer against the schema that the desk serves."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

import jsonschema
import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from people.models import Agent
from tests import factories

BASE = "/api/v1/"


@cache
def schema() -> dict[str, Any]:
    return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))


@cache
def _addresses() -> list[tuple[re.Pattern[str], str]]:
    """Every path of the schema, the literal ones first."""
    paths = sorted(schema()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + r"\Z"), path) for path in paths]


def operation_of(method: str, path: str) -> dict[str, Any]:
    for pattern, known in _addresses():
        if pattern.match(path):
            return schema()["paths"][known][method.lower()]
    raise AssertionError(f"{path} is not in the schema")


def strict(node: Any) -> Any:
    """Return a JSON Schema of what OpenAPI 3.0 says, in which nothing may come that is not described."""
    if isinstance(node, list):
        return [strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        found = schema()
        for part in node["$ref"].split("/")[1:]:
            found = found[part]
        return strict(found)
    made = {
        key: strict(value) for key, value in node.items() if key not in ("nullable", "readOnly", "example")
    }
    if "properties" in made:
        made.setdefault("additionalProperties", False)
    return {"anyOf": [{"type": "null"}, made]} if node.get("nullable") else made


@cache
def _validator(method: str, path: str, status: int) -> jsonschema.Draft202012Validator | None:
    operation = operation_of(method, path)
    responses = operation["responses"]
    assert str(status) in responses, f"{method} {path} does not say that it answers {status}"
    content = responses[str(status)].get("content")
    if content is None:
        return None
    return jsonschema.Draft202012Validator(strict(content["application/json"]["schema"]))


class Answer:
    def __init__(self, response: Any) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.data = json.loads(response.content) if response.content else None

    @property
    def code(self) -> str:
        return str(self.data["errors"][0]["code"])

    @property
    def attr(self) -> str | None:
        found: str | None = self.data["errors"][0]["attr"]
        return found

    @property
    def ids(self) -> list[str]:
        rows = self.data["results"] if isinstance(self.data, dict) else self.data
        return [row["id"] for row in rows]


class Api:
    """One browser of an agent (None: of nobody)."""

    def __init__(self, agent: Agent | None, *, csrf: bool = False) -> None:
        self.client = Client(enforce_csrf_checks=csrf, raise_request_exception=False)
        if agent is not None:
            self.client.cookies["sessionid"] = factories.log_in(agent)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Send JSON (a text: as it is). Answers other than 404 and 405 of unknown addresses are checked."""
        data = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
        path = path if path.startswith("/") else BASE + path
        response = self.client.generic(
            method,
            path,
            data,
            content_type="application/json",
            headers={k.replace("_", "-"): v for k, v in headers.items()},
        )
        assert response.status_code < 500, response.content
        answer = Answer(response)
        assert response.headers["Cache-Control"] == "private, no-store"
        validator = _validator(method, path.partition("?")[0], answer.status)
        if validator is not None:
            validator.validate(answer.data)
        return answer

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None) -> Answer:
        return self.call("PUT", path, body)

    def patch(self, path: str, body: Any = None) -> Answer:
        return self.call("PATCH", path, body)

    def pages(self, path: str) -> list[str]:
        """Return the ids on every page of a list, in order."""
        ids: list[str] = []
        address: str | None = path
        while address:
            page = self.get(address)
            ids += page.ids
            address = page.data["next"]
        return ids


@pytest.fixture
def api(db: None) -> Callable[[Agent | None], Api]:
    return Api
