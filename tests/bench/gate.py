"""A gate before the server: it holds one answer back, and knows to the microsecond when it lets it go."""

from __future__ import annotations

import socket
import threading
import time

# Seconds for a request to arrive.
LIMIT = 30


class Gate:
    """Passes whole HTTP exchanges on to the server, each as one request and one answer with a Content-Length."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open = threading.Event()
        self._open.set()
        self._arrived = threading.Event()
        self._sent_at: float | None = None
        self._held = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        """Holds answers back from now on."""
        self._arrived.clear()
        self._held, self._sent_at = 0, None
        self._open.clear()

    def wait(self) -> None:
        """Waits until an answer is held back."""
        if not self._arrived.wait(LIMIT):
            raise TimeoutError("no request came to the gate")

    def release(self) -> None:
        """Lets the answers go."""
        self._open.set()

    def outcome(self) -> tuple[float, int]:
        """When the first answer went, by the clock that all processes share, and how many were held back."""
        if self._sent_at is None:
            raise TimeoutError("no answer went through the gate")
        return self._sent_at, self._held

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, *_exception: object) -> None:
        """Lets all answers go and takes no more connections."""
        self.release()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._server_port)) as server:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := read_message(client):
                server.sendall(request)
                self._answer(client, read_message(server))

    def _answer(self, client: socket.socket, answer: bytes) -> None:
        if self._open.is_set():
            client.sendall(answer)
            return
        self._held += 1
        self._arrived.set()
        self._open.wait()
        # Noted before the answer goes: its receiver may be done before this thread runs again.
        sent_at = time.monotonic()
        self._sent_at = min(sent_at, self._sent_at or sent_at)
        client.sendall(answer)


def read_message(source: socket.socket) -> bytes:
    """One whole request or answer; nothing when the other side has closed."""
    data = b""
    length = None
    while length is None or len(data) < length:
        try:
            piece = source.recv(65536)
        except ConnectionError:
            return b""
        if not piece:
            return b""
        data += piece
        head, end, _ = data.partition(b"\r\n\r\n")
        if end:
            fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
            length = len(head) + len(end) + int(fields.get(b"content-length", b"0"))
    return data
