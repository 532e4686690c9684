"""JSON under /api/v1: thin. Faults are application/problem+json (RFC 9457)."""

from app.api.problems import problem_response, speaks_json, validation_response
from app.api.routes import include

__all__ = ["include", "problem_response", "speaks_json", "validation_response"]
