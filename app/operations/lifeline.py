"""How a child process learns that its supervisor is gone, even by kill -9: the pipe between them closes."""

import os
import signal
import threading

HELD_BY_CHILD = "TECHMART_LIFELINE_FD"
_LAST_RESORT_S = 20.0


def watch() -> None:
    """In a child: end this process in the ordinary way (SIGTERM) once the supervisor is gone. Else does nothing."""
    descriptor = os.environ.pop(HELD_BY_CHILD, None)
    if descriptor is None:
        return

    def wait_for_the_end() -> None:
        # Nothing is ever written: the read returns when the last writing end, the supervisor's, is closed.
        os.read(int(descriptor), 1)
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(_LAST_RESORT_S)
        os._exit(1)

    threading.Thread(target=wait_for_the_end, name="lifeline", daemon=True).start()
