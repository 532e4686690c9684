"""Keys that can do no more than they must, made from the master key: one that searches, one that indexes."""

import threading
import uuid
from collections.abc import Mapping
from typing import Any, Final, Literal

from app.search.meilisearch_client import Server, is_missing, is_refused
from app.search.port import SearchUnavailable

Role = Literal["search", "index"]

# Only what belongs to an index: the server makes no key for some indexes that may do anything else ("version").
_ACTIONS: Final[Mapping[Role, tuple[str, ...]]] = {
    "search": ("search", "documents.get", "indexes.get", "stats.get"),
    "index": (
        "search",
        "documents.*",
        "indexes.*",
        "settings.*",
        "tasks.get",
        "stats.get",
    ),
}
_NAMESPACE: Final = uuid.UUID("5a3c7b52-7f0e-4a86-9d0c-1f6f4a0c9a11")


class ScopedKey:
    """The key of one role, looked up or made at the first use.

    Args:
        master: a server spoken to with the key of the settings. Where that key is not the master key it may not see
            keys, and is used as it is.
    """

    def __init__(self, *, master: Server, given: str, prefix: str, role: Role) -> None:
        self._master = master
        self._given = given
        self._prefix = prefix
        self._role: Role = role
        self._made: str | None = None
        self._guard = threading.Lock()

    def __call__(self) -> str:
        """The key. Raises SearchUnavailable when the server cannot be asked."""
        with self._guard:
            if self._made is None:
                self._made = self._look_up() if self._given else ""
            return self._made

    def _look_up(self) -> str:
        uid = str(uuid.uuid5(_NAMESPACE, f"{self._prefix}/{self._role}/{'+'.join(_ACTIONS[self._role])}"))
        try:
            return self._existing(uid)
        except SearchUnavailable as fault:
            if is_refused(fault):
                return self._given
            if not is_missing(fault):
                raise
        wanted: dict[str, Any] = {
            "uid": uid,
            "name": f"techmart {self._role}",
            "description": "Made by Techmart from the master key",
            "actions": list(_ACTIONS[self._role]),
            "indexes": [f"{self._prefix}-*"],
            "expiresAt": None,
        }
        try:
            return str(self._master.read(lambda client: client.http.post(client.config.paths.keys, wanted))["key"])
        except SearchUnavailable as refusal:
            try:
                # Another process may have made it a moment before.
                return self._existing(uid)
            except SearchUnavailable as fault:
                raise (refusal if is_missing(fault) else fault)  # noqa: B904 - each carries its own cause

    def _existing(self, uid: str) -> str:
        return str(self._master.read(lambda client: client.http.get(f"{client.config.paths.keys}/{uid}"))["key"])
