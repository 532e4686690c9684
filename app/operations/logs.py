"""One log line per event on standard output: readable in a terminal, JSON for a collector (TECHMART_LOG_FORMAT=json).

Lines carry the request's id, which the answer carries too (X-Request-ID). They carry no personal data and no secret:
addresses of clients, queries and bodies are never written, of a path only what names a public record, and what slips
into a message (an e-mail address, a password in a URL, the values of a violated key) is taken out at the end.
"""

import json
import logging
import os
import re
import sys
import time
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.identity import new_public_id
from app.operations import metrics
from app.settings import Settings

request_log = logging.getLogger("techmart.request")

_request_id: ContextVar[str] = ContextVar("techmart_request_id", default="")

# Path parameters that name public things. Others (tokens of a confirmation, codes) are written as {name}.
_PUBLIC_PARAMETERS = frozenset(
    {"authority", "code", "kind", "local_id", "locale", "number", "public_id", "scheme", "slug", "verb"}
)
_SECRETS = (
    (re.compile(r"(\w://[^\s:/@]*):[^\s@/]+@"), r"\1:<secret>@"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<e-mail>"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"), r"\1 <secret>"),
    (
        re.compile(r"(?i)\b(password|passwd|secret|token|api[_-]?key)(['\"]?\s*[=:]\s*)(['\"]?)[^\s'\",&)]+"),
        r"\1\2\3<secret>",
    ),
    # PostgreSQL tells which values broke a constraint, and of a row that failed a check all of them.
    (re.compile(r"Key \(([^)]*)\)=\(.*?\)(?= |$)", re.MULTILINE), r"Key (\1)=(<value>)"),
    (re.compile(r"Failing row contains \(.*\)"), "Failing row contains (<values>)"),
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_COLOURS = {"DEBUG": "\033[2m", "WARNING": "\033[33m", "ERROR": "\033[31m", "CRITICAL": "\033[1;31m"}
_END = "\033[0m"
# Libraries whose ordinary messages say nothing to an operator, or say too much (httpx2 writes whole addresses).
_QUIET = (
    "uvicorn.error",
    "httpx2",
    "httpcore2",
    "asyncio",
    "PIL",
    "urllib3",
    "stripe",
    "sqlalchemy.engine",
    "alembic.runtime",
)


def current_request_id() -> str:
    """The id of the request being answered; empty outside of one."""
    return _request_id.get()


def without_secrets(text: str) -> str:
    """`text` with e-mail addresses, passwords, tokens and quoted database values taken out."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


class TextLines(logging.Formatter):
    """`08:15:02 WARNING app.jobs.worker  message  [request id]`, the traceback below it."""

    def __init__(self, *, colour: bool) -> None:
        super().__init__()
        self.colour = colour

    def format(self, record: logging.LogRecord) -> str:
        clock_time = time.strftime("%H:%M:%S", time.localtime(record.created))
        message = record.getMessage()
        if record.name != request_log.name:
            message = f"{record.name}: {message}"
        if _request_id.get():
            message += f"  [{_request_id.get()}]"
        line = f"{clock_time} {record.levelname.lower():<7} {message}"
        if record.exc_info:
            line += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        line = without_secrets(line)
        colour = _COLOURS.get(record.levelname, "") if self.colour else ""
        return f"{colour}{line}{_END}" if colour else line


class JsonLines(logging.Formatter):
    """One JSON object per line, instants in UTC (RFC 3339)."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
            "process": record.process,
        }
        if _request_id.get():
            entry["request_id"] = _request_id.get()
        entry.update(getattr(record, "figures", {}))
        if record.exc_info:
            entry["fault"] = without_secrets("".join(traceback.format_exception(*record.exc_info)).rstrip())
        return json.dumps(entry, ensure_ascii=False)


def configure(settings: Settings, *, stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard output) in the form the settings ask for."""
    target = stream or sys.stdout
    handler = logging.StreamHandler(target)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines(colour=wants_colour(target)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    logging.captureWarnings(capture=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def wants_colour(stream: TextIO) -> bool:
    """Colour on terminals; NO_COLOR and FORCE_COLOR decide when set (no-color.org, force-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def loggable_path(scope: Scope) -> str:
    """The path of a request as it may be logged: values that could be private replaced by their names."""
    if "route" not in scope:
        # Nothing of ours answered; whatever was typed or probed beyond the first part is nobody's business.
        first = scope["path"].split("/", 2)[1]
        return f"/{first[:40]}" + ("/…" if scope["path"].count("/") > 1 else "")
    path: str = scope["path"]
    for name, value in _by_length(scope):
        if name not in _PUBLIC_PARAMETERS:
            path = path.replace(value, f"{{{name}}}")
    return path


def route_label(scope: Scope) -> str:
    """The request's route as a label for figures: every parameter by its name, so that their number stays small."""
    if scope["path"].startswith("/static/"):
        return "/static/{path}"
    if "route" not in scope:
        return "none"
    path: str = scope["path"]
    for name, value in _by_length(scope):
        path = path.replace(value, f"{{{name}}}")
    return path


def _by_length(scope: Scope) -> list[tuple[str, str]]:
    parameters = [(name, str(value)) for name, value in scope.get("path_params", {}).items() if str(value)]
    return sorted(parameters, key=lambda pair: -len(pair[1]))


class RequestLog:
    """ASGI middleware, the outermost: gives each request an id, writes its line, counts its time."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = new_public_id()
        token = _request_id.set(request_id)
        # For the page that tells of an internal fault, which Starlette answers outside of every middleware.
        scope["request_id"] = request_id
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            self._tell(scope, status, time.perf_counter() - began)
            _request_id.reset(token)

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        if scope["path"] in {"/healthz", "/readyz", "/metrics"}:
            return
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        metrics.requests_seconds.labels(method, route_label(scope), f"{status // 100}xx").observe(seconds)
        if scope["path"].startswith("/static/") and status < 400:
            return
        path = loggable_path(scope)
        figures = {"method": scope["method"], "path": path, "status": status, "ms": round(seconds * 1000, 1)}
        level = logging.ERROR if status >= 500 and status != 503 else logging.INFO
        request_log.log(
            level, "%s %s %s %.0f ms", scope["method"], path, status, seconds * 1000, extra={"figures": figures}
        )
