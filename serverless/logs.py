"""One JSON line per event. Only fields on the list below are written, so that nothing slips through."""

import logging
import re
import sys
from datetime import UTC, datetime

import msgspec

ALLOWED = (
    "method",
    "route",
    "status",
    "ms",
    "trace_id",
    "calls",
    "read_units",
    "write_units",
    "index_write_units",
    "code",
    "errcode",
    "sub_code",
    "rid",
    "path",
    "member_id",
    "merge_id",
    "sweep_id",
    "tenant_id",
    "sequence",
    "accounts",
    "coupons",
    "holds",
    "points",
    "failed",
    "more",
    "settled",
    "findings",
)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What would begin a new line, and halves of characters, which cannot be written at all."""


class JsonFormatter(logging.Formatter):
    """Time, level, logger, message and the allowed fields; control characters are taken out."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": "tongka",
            "logger": record.name,
            "message": _clean(record.getMessage()),
        }
        for name in ALLOWED:
            if name in record.__dict__:
                value = record.__dict__[name]
                line[name] = _clean(value) if isinstance(value, str) else value
        if record.exc_info:
            # The place of a bug, never its values: they may hold personal data.
            line["error"] = record.exc_info[0].__name__ if record.exc_info[0] else None
            line["where"] = _places(record)
        return msgspec.json.encode(line).decode()


def _places(record: logging.LogRecord) -> list[str]:
    trace = record.exc_info[2] if record.exc_info else None
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[-8:]


def _clean(text: str) -> str:
    return CONTROL.sub(" ", text)


def configure(level: int = logging.INFO) -> None:
    """Replaces whatever handlers the runtime installed; calling it again changes nothing."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(logging.WARNING)
    logging.getLogger("tongka").setLevel(level)
