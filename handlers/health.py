"""Is this function alive? Says nothing else."""

from flask import Blueprint
from marshmallow import Schema, fields

from domain.actor import Anyone
from handlers.operation import Call, Operation, operation


class HealthView(Schema):
    """`{"status": "ok"}`."""

    status = fields.String()


HEALTH = Operation("Whether the service answers", actor=Anyone, gives=HealthView)


def routes(name: str) -> Blueprint:
    """Each function has its own: /v1/auth/health, /v1/till/health."""
    bp = Blueprint(f"health_{name}", __name__, url_prefix=f"/v1/{name}")

    @bp.get("/health")
    @operation(HEALTH)
    def health(_: Call[Anyone]) -> dict[str, str]:
        """Answers without touching the store."""
        return {"status": "ok"}

    return bp
