"""A gateway that misbehaves in every way we know, to hold the SDKs to sdk/README.md. Standard library only.

    python3 sdk/hostile/server.py     prints `listening http://127.0.0.1:PORT`, serves until it is killed

README.md beside this file tells how a suite uses it; personas.py holds the misbehaviour.
"""

import asyncio
import json
import socket
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from personas import PERSONAS  # noqa: E402

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 1024 * 1024
KEPT_REQUESTS = 1000
# Longer than any client under test waits, so that it is the client who gives up.
LIFETIME_S = 60


@dataclass
class Request:
    """One request as it came, and which one of its persona it is, from 1."""

    method: str
    path: str
    headers: "dict[str, str]"
    number: int = 0

    def seen(self) -> dict:
        """What `/_requests` tells of it."""
        return {
            "method": self.method,
            "path": self.path,
            "idempotency_key": self.headers.get("idempotency-key"),
            "last_event_id": self.headers.get("last-event-id"),
            "authorization": "authorization" in self.headers,
        }


class Connection:
    """The bytes of one connection, with what it takes to end it badly."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self.reader, self.writer = reader, writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, status: int, body: object, *, content_type: str = "application/json", **headers: str) -> None:
        """A whole, honest answer; `body` is bytes, or is written as JSON. `Retry_After="1"` becomes a header."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} Status", f"Content-Type: {content_type}", f"Content-Length: {len(data)}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        await self.send("\r\n".join([*lines, "", ""]).encode() + data)

    def reset(self) -> None:
        """Ends with RST instead of FIN: what was sent may never be read."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def until_client_leaves(self) -> None:
        """Says nothing more, for as long as the client stays."""
        while await self.reader.read(4096):
            pass

    @property
    def is_closed(self) -> bool:
        return self.writer.is_closing()


class Server:
    def __init__(self) -> None:
        self.seen: "dict[str, list[dict]]" = {}
        self.base_urls: "dict[str, str]" = {}

    async def serve(self) -> None:
        main = await asyncio.start_server(self.connected, "127.0.0.1", 0, limit=HEAD_LIMIT)
        rude = await asyncio.start_server(self.reset_on_accept, "127.0.0.1", 0)
        refusing = socket.socket()  # bound and never listening: connections to it are refused
        refusing.bind(("127.0.0.1", 0))
        base = "http://127.0.0.1:%d" % main.sockets[0].getsockname()[1]
        self.base_urls = {name: f"{base}/{name}" for name in PERSONAS}
        self.base_urls["reset-on-accept"] = "http://127.0.0.1:%d/reset-on-accept" % rude.sockets[0].getsockname()[1]
        self.base_urls["refused"] = "http://127.0.0.1:%d/refused" % refusing.getsockname()[1]
        print("listening", base, flush=True)
        async with main, rude:
            await main.serve_forever()

    async def reset_on_accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.remember("reset-on-accept", Request("", "", {}))
        Connection(reader, writer).reset()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer)
        try:
            while not connection.is_closed:
                request = await read_request(reader)
                await asyncio.wait_for(self.respond(connection, request), LIFETIME_S)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError, ValueError):
            pass  # the client left, or speaks no HTTP: nobody is there to be told
        finally:
            writer.close()

    async def respond(self, connection: Connection, request: Request) -> None:
        persona = request.path.split("?")[0].split("/")[1]
        if persona == "_requests":
            await self.control(connection, request)
            return
        request.number = self.remember(persona, request)
        if persona in PERSONAS:
            await PERSONAS[persona](connection, request)
        else:
            await connection.answer(404, {"error": {"type": "invalid_request_error", "message": "no such persona"}})

    async def control(self, connection: Connection, request: Request) -> None:
        name = request.path.split("?")[0].split("/", 2)[-1]
        if request.method == "GET":
            await connection.answer(200, self.seen.get(name, []))
        elif request.method == "DELETE" and name in self.base_urls:
            self.seen.pop(name, None)
            await connection.answer(200, {"base_url": self.base_urls[name]})
        else:
            await connection.answer(404, {"error": {"message": f"GET or DELETE /_requests/<persona>, not {name}"}})

    def remember(self, persona: str, request: Request) -> int:
        seen = self.seen.setdefault(persona, [])
        if len(seen) < KEPT_REQUESTS:
            seen.append(request.seen())
        return len(seen)


async def read_request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = head[0].split(" ")
    pairs = (line.split(":", 1) for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    if "chunked" in headers.get("transfer-encoding", ""):
        await read_chunks(reader)
    else:
        length = int(headers.get("content-length", 0))
        if length > BODY_LIMIT:
            raise ValueError("body too long")
        await reader.readexactly(length)
    return Request(method, path, headers)


async def read_chunks(reader: asyncio.StreamReader) -> None:
    size = 1
    while size:
        size = int((await reader.readline()).split(b";")[0], 16)
        if size > BODY_LIMIT:
            raise ValueError("chunk too long")
        await reader.readexactly(size + 2)


if __name__ == "__main__":
    try:
        asyncio.run(Server().serve())
    except KeyboardInterrupt:
        pass
