"""The socket the installation listens on, opened before anything slow so that a taken port is told at once."""

import errno
import socket

import psutil

from app.operations.faults import OperationFault

# Where the supervisor tells a serving process which inherited socket to use.
INHERITED = "TECHMART_LISTEN_FD"
_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A listening socket at `host`:`port` (0: any free port).

    Raises:
        OperationFault: the port is taken or not ours to take, or the host is no address of this machine.
    """
    try:
        (family, kind, protocol, _name, address), *_rest = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listening = socket.socket(family, kind, protocol)
    except OSError as fault:
        raise _wrong_host(host) from fault
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except OSError as fault:
        listening.close()
        if fault.errno == errno.EADDRINUSE:
            raise OperationFault(
                f"Port {port} of {host} is taken{_by_whom(port)}.",
                f"Stop that program, or choose another port: TECHMART_PORT={_neighbour(port)} make run",
            ) from fault
        if fault.errno in {errno.EACCES, errno.EPERM}:
            raise OperationFault(
                f"Port {port} may not be used by this account.",
                "Choose one above 1023 (TECHMART_PORT=8000), and put a reverse proxy before it for port 80 or 443.",
            ) from fault
        raise _wrong_host(host) from fault
    return listening


def base_url(listening: socket.socket) -> str:
    """The address a browser on this machine reaches the socket at."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _wrong_host(host: str) -> OperationFault:
    return OperationFault(
        f"{host} is not an address of this machine.",
        "Set TECHMART_HOST to 127.0.0.1 (this machine only) or 0.0.0.0 (every network it is in).",
    )


def _by_whom(port: int) -> str:
    """“ by nginx (process 71)” when the system tells us, else nothing."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status != psutil.CONN_LISTEN or not connection.laddr or connection.pid is None:
                continue
            if connection.laddr.port == port:
                return f" by {psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return ""


def _neighbour(port: int) -> int:
    return port + 1 if port < 65535 else 8000
