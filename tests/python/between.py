"""A server between relatch and a sandbox: it notes what arrives, and may change what goes back."""

from __future__ import annotations

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from support import LIMIT

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from typing_extensions import Self


class Request(NamedTuple):
    """What arrived."""

    path: str
    headers: dict[str, str]
    # The address that it came from.
    address: str
    # What the client showed in TLS, as `ssl.SSLSocket.getpeercert` has it.
    certificate: Any


class Answer(NamedTuple):
    """What goes back."""

    status: int
    content_type: str
    body: bytes


class Between:
    """Listens on an address of this machine and hands on to `url`, whose path the requests keep."""

    def __init__(
        self,
        url: str,
        change: Callable[[Answer], Answer] = lambda answer: answer,
        *,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[Request] = []
        self._target = urlsplit(url)
        self._change = change
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                between.handle(self)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 the names that are looked for

            def log_message(self, format: str, *values: object) -> None:  # noqa: A002 as it is there
                """Says nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            address_family = self._family(host)

            def handle_error(self, request: object, client_address: object) -> None:
                """Says nothing: a client that is refused breaks the connection."""

        self._server = Server((host, 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        shown = f"[{host}]" if ":" in host else host
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://{shown}:{self._server.server_address[1]}{self._target.path}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @staticmethod
    def _family(host: str) -> Any:
        import socket  # noqa: PLC0415

        return socket.AF_INET6 if ":" in host else socket.AF_INET

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._thread.join(LIMIT)
        self._server.server_close()

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Hands one request on, and its answer back."""
        connection: Any = handler.connection
        certificate = connection.getpeercert() if hasattr(connection, "getpeercert") else None
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.requests.append(Request(handler.path, headers, handler.client_address[0], certificate))
        body = handler.rfile.read(int(headers.get("content-length", "0")))
        answer = self._change(self._ask(handler, body))
        handler.send_response(answer.status)
        handler.send_header("Content-Type", answer.content_type)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body)

    def _ask(self, handler: BaseHTTPRequestHandler, body: bytes) -> Answer:
        target = http.client.HTTPConnection(self._target.netloc, timeout=LIMIT)
        try:
            headers = {name: value for name, value in handler.headers.items() if name.lower() != "host"}
            target.request(handler.command, handler.path, body, headers)
            response = target.getresponse()
            return Answer(response.status, response.getheader("Content-Type", ""), response.read())
        finally:
            target.close()
