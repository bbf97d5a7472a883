"""Server-Sent Events: what the bytes of a stream say, and the stream that is never lost."""

import asyncio
import concurrent.futures
import http.client
import json
import re
import threading
import time
from typing import Iterator, List, NamedTuple, Optional

from ._core import MAX_RETRY_AFTER_S, Core, backoff_wait, parsed, query_of
from ._http import Connection, raise_connection_error, read_answer
from .errors import APIConnectionError, APIError, InvalidResponseError, RateLimitError, error_of_stream_end
from .models import Event, EventType

MAX_LINE = 1024 * 1024
_LINE_END = re.compile(rb"\r\n|\r|\n")
# Ends that are not for ever.
_PASSING = {"shutting_down", "service_unavailable", "overloaded", "rate_limited", "live_connection_limit"}


class Message(NamedTuple):
    """What stands before an empty line. `id` is None where none was given, `data` "" likewise."""

    id: Optional[int]
    event: str
    data: str


class Parser:
    """Takes a stream's bytes as they come and gives its messages. A line, and a message's data, is at most 1 MiB."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._after_cr = False
        self._is_first_line = True
        self._id: Optional[int] = None
        self._event = ""
        self._data: List[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        for line in self._lines(data):
            if line:
                self._field(line)
                continue
            if self._id is not None or self._data:
                yield Message(self._id, self._event, self._text())
            self._id, self._event, self._data, self._size = None, "", [], 0

    def _lines(self, data: bytes) -> List[bytes]:
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]  # it belongs to the line end before
        self._after_cr = data.endswith(b"\r")
        lines: List[bytes] = []
        if b"\n" in data or b"\r" in data:
            first, *lines = _LINE_END.split(data)
            lines.insert(0, bytes(self._rest) + first)
            self._rest = bytearray(lines.pop())
        else:
            self._rest += data
        if len(self._rest) > MAX_LINE or any(len(line) > MAX_LINE for line in lines):
            raise InvalidResponseError("a line of the stream is longer than 1 MiB")
        if lines and self._is_first_line:
            self._is_first_line = False
            lines[0] = lines[0][3:] if lines[0].startswith(b"\xef\xbb\xbf") else lines[0]
        return lines

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value[1:] if value.startswith(b" ") else value
        if name == b"id" and re.fullmatch(rb"[0-9]{1,18}", value):
            self._id = int(value)
        elif name == b"event":
            self._event = value.decode(errors="replace")
        elif name == b"data":
            self._data.append(value)
            self._size += len(value) + 1
            if self._size > MAX_LINE:
                raise InvalidResponseError("an event of the stream is larger than 1 MiB")

    def _text(self) -> str:
        try:
            return b"\n".join(self._data).decode()
        except UnicodeDecodeError:
            raise InvalidResponseError("an event of the stream is not UTF-8") from None


class EventStream:
    """The events of an app as they happen, for as long as you like; `for` and `async for` both read it.

    It connects when the first event is asked for, and again whenever the connection is lost, without end: nothing is
    missed and nothing comes twice. `close()`, from any thread, ends it; so does leaving `with`.
    """

    def __init__(self, core: Core, after_seq: Optional[int], type: Optional[EventType]) -> None:
        self._core = core
        self._target = core.transport.path + "/api/events/stream" + query_of({"after_seq": after_seq, "type": type})
        self._place = -1 if after_seq is None else after_seq  # the seq of the last event that is dealt with
        self._last_id: Optional[int] = None  # what the gateway told of it
        self._failures = 0
        self._closed = threading.Event()
        self._connection: Optional[Connection] = None
        self._events = self._run()
        self._executor: Optional[concurrent.futures.ThreadPoolExecutor] = None

    def __iter__(self) -> "EventStream":
        return self

    def __next__(self) -> Event:
        return next(self._events)

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the stream; whoever waits for an event in another thread hears of its end at once."""
        self._closed.set()
        if self._connection:
            self._connection.abort()
        if self._executor:
            self._executor.shutdown(wait=False)

    def __aiter__(self) -> "EventStream":
        return self

    async def __anext__(self) -> Event:
        if self._closed.is_set():
            raise StopAsyncIteration
        # A thread of its own: a stream may wait for hours, and asyncio's shared threads are few.
        self._executor = self._executor or concurrent.futures.ThreadPoolExecutor(1, "zenwallet-stream")
        try:
            event = await asyncio.get_running_loop().run_in_executor(self._executor, next, self._events, None)
        except asyncio.CancelledError:
            self.close()
            raise
        if event is None:
            self.close()
            raise StopAsyncIteration
        return event

    async def aclose(self) -> None:
        """As `close()`."""
        self.close()

    def _run(self) -> Iterator[Event]:
        while not self._closed.is_set():
            wait: Optional[float] = None
            try:
                yield from self._read_once()
            except APIConnectionError:
                pass
            except APIError as error:
                if _is_lasting(error):
                    raise
                wait = error.retry_after if isinstance(error, RateLimitError) else None
            self._failures += 1
            usual = backoff_wait(self._failures, self._core.backoff_s)
            self._closed.wait(max(usual, min(wait or 0, MAX_RETRY_AFTER_S)))

    def _read_once(self) -> Iterator[Event]:
        """The events of one connection, until it ends or breaks off."""
        connection = self._connection = self._core.transport.new_connection()
        try:
            response = self._open(connection)
            parser = Parser()
            while not self._closed.is_set():
                connection.until(time.monotonic() + self._core.silence_s)
                data = response.read1(65536)
                if not data:
                    return
                self._failures = 0
                for message in parser.feed(data):
                    event = self._taken(message)
                    if event and not self._closed.is_set():
                        yield event
        except (OSError, http.client.HTTPException) as error:
            raise_connection_error(error)
        finally:
            connection.end()

    def _open(self, connection: Connection) -> http.client.HTTPResponse:
        headers = {**self._core.headers(), "Accept": "text/event-stream", "Cache-Control": "no-store"}
        if self._last_id is not None:
            headers["Last-Event-ID"] = str(self._last_id)
        response = connection.ask("GET", self._target, headers, None, time.monotonic() + self._core.timeout)
        if not 200 <= response.status < 300:
            raise self._core.error_of(read_answer(response))
        if response.headers.get_content_type() != "text/event-stream":
            raise InvalidResponseError("the answer is no event stream")
        return response

    def _taken(self, message: Message) -> Optional[Event]:
        """Moves the place on. The event, unless it was given before; what has no id is none."""
        if message.event == "stream.end":
            raise _farewell(message.data)
        if message.id is None:
            return None
        is_new, self._last_id = message.id > self._place, message.id
        self._place = max(self._place, message.id)
        return parsed(Event, message.data.encode()) if message.data and is_new else None


def _farewell(data: str) -> APIError:
    try:
        return error_of_stream_end(json.loads(data))
    except (ValueError, RecursionError):
        return error_of_stream_end(None)


def _is_lasting(error: APIError) -> bool:
    """Whether connecting again would not mend it."""
    if error.status is None:
        return error.code not in _PASSING
    return error.status < 500 and error.status not in (408, 409, 429)
