"""One HTTP exchange with one deadline: from connecting to the last byte of the body."""

import collections
import http.client
import io
import os
import selectors
import socket
import ssl
import threading
import time
from typing import Any, Deque, Dict, List, Mapping, NamedTuple, NoReturn, Optional, Tuple
from urllib.parse import urlsplit

from .errors import APIConnectionError, APITimeoutError, InvalidResponseError

MAX_BODY = 8 * 1024 * 1024
_BLOCK = 64 * 1024
_MAX_IDLE = 10
# Shorter than what servers and what stands before them commonly keep.
_IDLE_S = 15.0


class Answer(NamedTuple):
    """A whole answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Socket:
    """As much of a socket as http.client uses, with a deadline over all that is read and written."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self.sock, self.deadline = sock, deadline

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self), _BLOCK)

    def arm(self) -> socket.socket:
        """The socket, with no more time than is left."""
        self.sock.settimeout(_left(self.deadline))
        return self.sock

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self.arm().send(rest) :]

    def close(self) -> None:
        """http.client closes when it has read a head that says so, while the body is still to come: see `end`."""


class _Reader(io.RawIOBase):
    def __init__(self, sock: _Socket) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._sock.arm().recv_into(buffer)


class Connection(http.client.HTTPConnection):
    """A connection whose every wait ends at `deadline` (a time of time.monotonic)."""

    sock: Any
    wire: Optional[_Socket] = None

    def __init__(self, host: str, port: int, context: Optional[ssl.SSLContext]) -> None:
        super().__init__(host, port)
        self.default_port = 443 if context else 80  # decides whether the Host header tells the port
        self.deadline = 0.0
        self.pid = os.getpid()
        self.idle_since = 0.0
        self._context = context

    def connect(self) -> None:
        addresses = _resolve(self.host, self.port, self.deadline)
        for number, (family, kind, protocol, _, address) in enumerate(addresses, 1):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(_left(self.deadline))
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(_left(self.deadline))
                secure = self._context.wrap_socket(sock, server_hostname=self.host) if self._context else sock
                self.sock = self.wire = _Socket(secure, self.deadline)
                return
            except OSError:
                sock.close()
                if number == len(addresses):
                    raise

    def ask(
        self, method: str, target: str, headers: Dict[str, str], body: Optional[bytes], deadline: float
    ) -> http.client.HTTPResponse:
        """Sends a request and reads the head of the answer."""
        self.until(deadline)
        self.request(method, target, body, headers)
        return self.getresponse()

    def until(self, deadline: float) -> None:
        self.deadline = deadline
        if self.wire:
            self.wire.deadline = deadline

    def abort(self) -> None:
        """Wakes whoever reads from it, in whatever thread; TLS must not be told, it may be busy reading."""
        try:
            if self.wire:
                socket.socket.shutdown(self.wire.sock, socket.SHUT_RDWR)
        except OSError:
            pass  # it is gone already

    def end(self) -> None:
        self.close()
        if self.wire:
            self.wire.sock.close()

    @property
    def is_usable(self) -> bool:
        """Whether it can be used again: it is ours, fresh, and the other side has neither spoken nor left."""
        if self.sock is None or self.pid != os.getpid() or time.monotonic() - self.idle_since > _IDLE_S:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self.sock.sock, selectors.EVENT_READ)
            return not selector.select(0)


class Transport:
    """Connections to one base URL, kept for reuse. May be used from several threads, and after a fork."""

    def __init__(self, base_url: str) -> None:
        url = urlsplit(base_url)
        if url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment or url.username:
            raise ValueError("the base URL must be http(s)://host[:port][/path]")
        self._host, self._port = url.hostname, url.port or (443 if url.scheme == "https" else 80)
        self.path = url.path.rstrip("/")
        self._context = ssl.create_default_context() if url.scheme == "https" else None
        self._idle: Deque[Connection] = collections.deque(maxlen=_MAX_IDLE)  # no lock that a fork could find held

    def exchange(
        self, method: str, path: str, headers: Dict[str, str], body: Optional[bytes], timeout: float
    ) -> Answer:
        """One attempt. Raises APIConnectionError, or InvalidResponseError for a success that is too large."""
        deadline = time.monotonic() + timeout
        connection = self._take()
        try:
            response = connection.ask(method, self.path + path, headers, body, deadline)
            answer = read_answer(response)
        except BaseException as error:
            connection.end()
            raise_connection_error(error)
        if response.will_close or not response.isclosed() or len(self._idle) == _MAX_IDLE:
            connection.end()
        else:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        return answer

    def new_connection(self) -> Connection:
        return Connection(self._host, self._port, self._context)

    def close(self) -> None:
        while self._idle:
            self._idle.pop().end()

    def _take(self) -> Connection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self.new_connection()
            if connection.is_usable:
                return connection
            connection.end()


def raise_connection_error(error: BaseException) -> NoReturn:
    """What http.client and the socket raise, as an error of ours; anything else as it is."""
    if isinstance(error, (TimeoutError, socket.timeout)):
        raise APITimeoutError("no whole answer in time") from error
    if isinstance(error, (OSError, http.client.HTTPException)):
        raise APIConnectionError(f"no answer: {str(error)[:200] or type(error).__name__}") from error
    raise error


def read_answer(response: http.client.HTTPResponse) -> Answer:
    """The rest of an answer; of an error that is too large its beginning."""
    headers = {name.lower(): value for name, value in response.getheaders()}
    is_success = 200 <= response.status < 300
    body = bytearray()
    if is_success and (response.length or 0) > MAX_BODY:
        raise InvalidResponseError("the answer is larger than 8 MiB")
    while block := response.read(_BLOCK):
        body += block
        if len(body) > MAX_BODY:
            if is_success:
                raise InvalidResponseError("the answer is larger than 8 MiB")
            break
    if response.length and len(body) <= MAX_BODY:
        raise http.client.IncompleteRead(b"", response.length)
    return Answer(response.status, headers, bytes(body))


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    return left


def _resolve(host: str, port: int, deadline: float) -> List[Tuple[Any, ...]]:
    """getaddrinfo cannot be told a deadline, so it is asked in a thread that may be left behind."""
    found: List[Any] = []

    def ask() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=ask, name="zenwallet-resolve", daemon=True)
    thread.start()
    thread.join(_left(deadline))
    if not found:
        raise socket.timeout("timed out")
    if isinstance(found[0], OSError):
        raise found[0]
    addresses: List[Tuple[Any, ...]] = found[0]
    return addresses
