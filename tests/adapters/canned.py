"""A platform that says exactly what a test wants: for answers that no well-built sandbox would give."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread


@contextmanager
def canned(*bodies: bytes, status: int = 200) -> Iterator[str]:
    """Answers with these bodies in turn, the last one for ever; gives the address."""
    left = list(bodies)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            body = left.pop(0) if len(left) > 1 else left[0]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A test says enough."""

    with _running(Handler) as url:
        yield url


@contextmanager
def endless(most: int) -> Iterator[tuple[str, list[int]]]:
    """Goes on and on, up to `most` bytes; gives the address and, as a list, how many were taken."""
    taken: list[int] = []
    piece = b"[" * 65_536

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while sum(taken) < most:
                    self.wfile.write(piece)
                    taken.append(len(piece))

        def log_message(self, *_: object) -> None:
            """A test says enough."""

    with _running(Handler) as url:
        yield url, taken


@contextmanager
def _running(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
