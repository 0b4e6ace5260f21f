"""Keeps strangers out: only this machine's own names, and no changes on behalf of other sites."""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

OWN_NAMES = frozenset({"127.0.0.1", "localhost"})
SOURCES = {
    "default-src": "'none'",
    "style-src": "'self'",
    "img-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
CONTENT_SECURITY_POLICY = "; ".join(f"{directive} {source}" for directive, source in SOURCES.items())


def add_guard(app: Flask) -> None:
    """Check before each request, and seal each answer."""

    @app.before_request
    def check() -> None:
        # A name that merely resolves to this machine may be part of an attack through the browser.
        if hostname(request.host) not in OWN_NAMES:
            abort(403)
        if request.method in {"GET", "HEAD"}:
            return
        origin = request.headers.get("Origin")
        if origin is not None and origin != f"http://{request.host}":
            abort(403)
        if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
            abort(403)

    @app.after_request
    def seal(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response


def hostname(host: str) -> str:
    """The name without its port; nothing for what is no host at all."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
