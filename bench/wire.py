"""A WebSocket client that costs next to nothing.

The client shares its cores with what it measures, so it does no more than split the byte stream
into frames: no tasks, no queues, no JSON. Frames are recognised by the caller, by searching bytes.
"""

import asyncio
from collections.abc import Callable

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
CONNECT_TIMEOUT = 30.0

OnFrame = Callable[[bytes], None]


class NotOpenedError(Exception):
    """The server did not open the socket, or did not say what was expected of it."""


class Socket(asyncio.Protocol):
    """One WebSocket. `on_frame` is called with each text frame's payload."""

    def __init__(self, request: bytes) -> None:
        self.on_frame: OnFrame = self._keep
        self.closed: str | None = None
        self.frames = 0
        self._early: list[bytes] = []
        self._request = request
        self._buffer = bytearray()
        self._open = False
        self._opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._arrived = asyncio.Event()
        self._transport: asyncio.Transport

    def _keep(self, frame: bytes) -> None:
        self._early.append(frame)
        self._arrived.set()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = self.closed or f"connection lost ({error})"
        if not self._opened.done():
            self._opened.set_exception(NotOpenedError(self.closed))
        self._arrived.set()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if not self._open and not self._handshake():
            return
        start, size = 0, len(buffer)
        while size - start >= 2:
            length, at = buffer[start + 1], start + 2
            if length == 126:
                if size - start < 4:
                    break
                length, at = int.from_bytes(buffer[start + 2 : start + 4], "big"), start + 4
            elif length == 127:
                if size - start < 10:
                    break
                length, at = int.from_bytes(buffer[start + 2 : start + 10], "big"), start + 10
            if size < at + length:
                break
            self._frame(buffer[start] & 0x0F, bytes(buffer[at : at + length]))
            start = at + length
        del buffer[:start]

    def _handshake(self) -> bool:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return False
        status = bytes(self._buffer[: self._buffer.find(b"\r\n")])
        del self._buffer[: end + 4]
        if b" 101 " not in status:
            self.closed = status.decode("latin-1")
            self._opened.set_exception(NotOpenedError(self.closed))
            self._transport.abort()
            return False
        self._open = True
        self._opened.set_result(None)
        return True

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self.frames += 1
            self.on_frame(payload)
        elif opcode == PING:
            self._write(PONG, payload)
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big") if payload else 1005
            self.closed = f"closed with {code} {payload[2:].decode()}".strip()
            self._transport.close()

    # for callers

    async def opened(self) -> None:
        await asyncio.wait_for(self._opened, CONNECT_TIMEOUT)

    def send(self, text: bytes) -> None:
        self._write(TEXT, text)

    def _write(self, opcode: int, payload: bytes) -> None:
        """Clients must mask; an all-zero mask is allowed and leaves the payload as it is."""
        size = len(payload)
        if size < 126:
            head = bytes((0x80 | opcode, 0x80 | size))
        else:
            head = bytes((0x80 | opcode, 0x80 | 126)) + size.to_bytes(2, "big")
        self._transport.write(head + b"\0\0\0\0" + payload)

    async def expect(self, mark: bytes) -> bytes:
        """The next frame that contains `mark`; only until `on_frame` is set."""
        async with asyncio.timeout(CONNECT_TIMEOUT):
            while True:
                while self._early:
                    if mark in (frame := self._early.pop(0)):
                        return frame
                if self.closed:
                    raise NotOpenedError(f"{self.closed} while waiting for {mark!r}")
                self._arrived.clear()
                await self._arrived.wait()

    def close(self) -> None:
        self._write(CLOSE, (1000).to_bytes(2, "big"))
        self._transport.close()


async def connect(port: int, path: str, headers: dict[str, str] | None = None) -> Socket:
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==",
        *(f"{name}: {value}" for name, value in (headers or {}).items()),
        "\r\n",
    ]
    request = "\r\n".join(lines).encode()
    loop = asyncio.get_running_loop()
    _, socket = await loop.create_connection(lambda: Socket(request), "127.0.0.1", port)
    await socket.opened()
    return socket
