"""serve: the whole installation in one terminal. worker: the work behind it alone. serve-process: what serve starts."""

import os
import sys
from typing import Annotated

import typer

_BEAT_S = 5.0


def add_to(cli: typer.Typer) -> None:
    """Add serve, worker and serve-process."""
    cli.command()(serve)
    cli.command()(worker)
    cli.command("serve-process", hidden=True)(serve_process)


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen at (TECHMART_HOST).")] = None,
    port: Annotated[
        int | None, typer.Option(help="Port to listen at (TECHMART_PORT); 0 for any.", min=0, max=65535)
    ] = None,
    migrate: Annotated[bool, typer.Option("--migrate", help="First bring the tables to their newest form.")] = False,
    demo: Annotated[
        bool, typer.Option("--demo", help="Demo mode: people to sign in as; fills an empty database.")
    ] = False,
    with_worker: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Run the worker too; without it, run `techmart worker`.")
    ] = True,
) -> None:
    """Serve pages and API, with the worker beside them, until Ctrl-C."""
    from app.operations import metrics
    from app.operations.embedded_postgres import database_address
    from app.operations.installation import alone_in, prepare_data_folder
    from app.operations.listening import INHERITED, base_url, listen
    from app.operations.supervisor import Program, Supervisor
    from app.settings import get_settings
    from app.terminal.preparation import bring_up, require_ready

    settings = get_settings()
    # What can be wrong is looked at before anything slow begins.
    prepare_data_folder(settings.data)
    host = host or settings.host
    with (
        alone_in(settings.data) as tell_others,
        listen(host, settings.port if port is None else port) as listening,
    ):
        tell_others(base_url(listening))
        figures = (settings.data / "metrics").absolute()
        metrics.empty_folder(figures)
        me = [sys.executable, "-m", "app.cli"]
        environment = {
            "TECHMART_HOST": host,
            "TECHMART_PORT": str(listening.getsockname()[1]),
            INHERITED: str(listening.fileno()),
            metrics.MULTIPROCESS_FOLDER: str(figures),
        }
        if demo:
            environment["TECHMART_DEMO"] = "1"
        names = ["web"] if settings.processes == 1 else [f"web{number + 1}" for number in range(settings.processes)]
        programs = [Program(name, [*me, "serve-process"], inherit=(listening.fileno(),)) for name in names]
        if with_worker:
            programs.append(Program("worker", [*me, "worker"]))
        supervisor = Supervisor(programs, environment=environment, plain=settings.log_format == "json")
        supervisor.say("starting the database" if settings.database_url is None else "connecting to the database")
        with database_address(settings) as url:
            if migrate or demo:
                bring_up(settings, url, demo=demo, say=supervisor.say)
            else:
                require_ready(settings, url)
            supervisor.add_environment({"TECHMART_DATABASE_URL": url})
            code = supervisor.run(ready_at=base_url(listening))
        supervisor.say("stopped")
    raise typer.Exit(code)


def serve_process() -> None:
    """One serving process on the socket it inherits; `techmart serve` starts as many as TECHMART_PROCESSES says."""
    import socket

    import uvicorn

    from app.main import build
    from app.operations import lifeline, logs
    from app.operations.listening import INHERITED, listen
    from app.settings import get_settings

    settings = get_settings()
    logs.configure(settings)
    lifeline.watch()
    descriptor = os.environ.pop(INHERITED, None)
    listening = (
        socket.socket(fileno=int(descriptor)) if descriptor is not None else listen(settings.host, settings.port)
    )
    app = build(settings)
    if settings.demo:
        from app.demo.sign_in import demo_people

        app.state.demo_people = demo_people()
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=10,
    )
    uvicorn.Server(config).run(sockets=[listening])


def worker() -> None:
    """Do the work behind the pages: jobs that are due, the search index, mail. Several may run side by side."""
    import logging
    import signal
    import socket
    import threading

    from sqlalchemy.exc import SQLAlchemyError

    from app import clock
    from app.jobs.worker import LEAST_CONNECTIONS, beat, leave, work
    from app.operations import lifeline, logs
    from app.operations.installation import opened
    from app.settings import get_settings
    from app.terminal.work import consumers

    logs.configure(get_settings())
    log = logging.getLogger(__name__)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    lifeline.watch()
    name = f"{socket.gethostname()}-{os.getpid()}"
    with opened(least_pool=LEAST_CONNECTIONS) as installation:
        readers = consumers(installation.settings)
        began = clock.now()

        def keep_beating() -> None:
            # Beside the loop, so that one long job does not look like a dead worker.
            while not stop.wait(_BEAT_S):
                try:
                    beat(installation.database, worker=name, started_at=began, now=clock.now())
                except SQLAlchemyError as fault:
                    log.warning("the worker cannot tell that it lives: %s", type(fault).__name__)

        beating = threading.Thread(target=keep_beating, name="heartbeat", daemon=True)
        beating.start()
        try:
            work(installation.database, installation.settings, worker=name, stop=stop, consumers=readers)
        finally:
            stop.set()
            beating.join(_BEAT_S)
            leave(installation.database, worker=name, now=clock.now())
