"""Plain HTTP on one kept connection, for what is not a socket."""

import http.client
from collections.abc import Mapping

from bench.machine import BenchError

TIMEOUT = 30.0


class Web:
    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self.headers = dict(headers)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)

    def get(self, path: str) -> bytes:
        self.connection.request("GET", path, headers=self.headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise BenchError(f"{path}: {response.status} {answer[:300]!r}")
        return answer

    def close(self) -> None:
        self.connection.close()
