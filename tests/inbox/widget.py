"""A widget without a browser: what its tests ask of the API."""

from typing import Any

from django.test import Client

from tests.factories import client_id

API = "/api/widget/v1/"


class Widget:
    """One visitor. The token of the last session goes with every request."""

    def __init__(self, store: str = "shop") -> None:
        self.client = Client()
        self.store, self.token = store, ""

    def start(self, **given: Any) -> Any:
        """Begin (or go on with) a session; keep its token where there is one."""
        body = {"store": self.store, "visitor_token": self.token} | given
        answer = self.client.post(API + "sessions", body, content_type="application/json")
        if answer.status_code == 200:
            self.token = answer.json()["visitor_token"]
        return answer

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def get(self, path: str) -> Any:
        return self.client.get(API + path, headers=self.headers)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self.client.post(API + path, body or {}, content_type="application/json", headers=self.headers)

    def upload(self, file: Any) -> Any:
        return self.client.post(API + "attachments", {"file": file}, headers=self.headers)

    def say(self, body: str, given: str = "", **more: Any) -> Any:
        return self.post("messages", {"client_id": given or client_id(), "body": body} | more)

    def bodies(self) -> list[str]:
        return [message["body"] for message in self.get("messages?after=0").json()["messages"]]


def error_of(answer: Any) -> tuple[int, str, str]:
    """Return the status, the type and the code of an error as every API of the desk tells it."""
    told = answer.json()
    return answer.status_code, told["type"], told["errors"][0]["code"]
