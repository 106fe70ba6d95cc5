"""Plain HTTP on one kept connection, for what is not a socket."""

import http.client
import json
from collections.abc import Mapping
from typing import Any

TIMEOUT = 30.0


class Web:
    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self.headers = dict(headers)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)

    def get(self, path: str) -> bytes:
        return self._request("GET", path, None, {})

    def post(self, path: str, content: Any) -> Any:
        body = json.dumps(content).encode()
        return json.loads(self._request("POST", path, body, {"Content-Type": "application/json"}))

    def _request(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        self.connection.request(method, path, body, self.headers | headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise http.client.HTTPException(f"{method} {path}: {response.status} {answer[:300]!r}")
        return answer

    def close(self) -> None:
        self.connection.close()
