"""Bad days on demand: refused requests, lost answers, slow answers."""

import threading
from dataclasses import dataclass
from typing import Literal

Kind = Literal["refuse", "lose", "close", "slow"]


@dataclass
class Fault:
    """What happens to the next `times` requests whose path contains `path`.

    `refuse` answers status and reason and does nothing; `close` does it and cuts the connection; `lose` does it and
    keeps the client waiting for `seconds`; `slow` answers properly after `seconds`.
    """

    kind: Kind
    times: int = 1
    path: str = ""
    method: str = ""
    status: int = 500
    reason: str = "backendError"
    seconds: float = 30.0
    headers: dict[str, str] | None = None


class Faults:
    """The faults still to come, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Queue a fault."""
        with self._lock:
            self._waiting.append(fault)
        return fault

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, used up once."""
        with self._lock:
            for fault in self._waiting:
                if fault.path in path and fault.method in ("", method):
                    fault.times -= 1
                    if fault.times <= 0:
                        self._waiting.remove(fault)
                    return fault
        return None

    def clear(self) -> None:
        """A good day again."""
        with self._lock:
            self._waiting.clear()
