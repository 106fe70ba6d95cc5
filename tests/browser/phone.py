"""The demo's phone without its page: a buyer who writes from any app, and a line that can be out of order."""

from typing import Any

import httpx

from tests.browser.conftest import Desk

ROBIN = {"sms": "+12025550143", "whatsapp": "+12025550143", "telegram": "700000143"}
XIAOMAN = {"sms": "+8615400000143", "wechat": "oDemo0143_zhouxiaoman_xxxxxx"}


class Phone:
    """Somebody's phone: the same person in each app. `heard` is what an app shows of the desk's words."""

    def __init__(self, desk: Desk, store: str = "demo") -> None:
        self.http = desk.agent()
        self.store, self.addresses = store, {"demo": ROBIN, "demo-cn": XIAOMAN}[store]
        self.broken: set[str] = set()

    def _post(self, what: str, app: str, **data: str) -> Any:
        given = {"store": self.store, "app": app, "who": self.addresses[app], **data}
        answer: httpx.Response = self.http.post(f"/demo/phone/{what}/", data=given)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def write(self, app: str, text: str) -> str:
        self._post("write", app, text=text)
        return text

    def sync(self, app: str, *, looking: bool = False) -> list[str]:
        """Let what was sent arrive; return what the desk has said in this app."""
        shown = self._post("sync", app, **({"looking": "1"} if looking else {}))
        return [message["text"] for message in shown["messages"] if not message["mine"]]

    def line(self, app: str, state: str) -> None:
        """Put the line in order (works) or out of it: off, fails, down, lost."""
        self._post("line", app, line=state)
        (self.broken.discard if state == "works" else self.broken.add)(app)

    def mend(self) -> None:
        for app in list(self.broken):
            self.line(app, "works")
