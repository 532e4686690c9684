"""`techmart serve` as an operator meets it."""

import signal
import socket
import sys
import time
from pathlib import Path

import httpx2
import psutil
import pytest
from sqlalchemy import select

from app.database import Database
from app.models.jobs import WorkerHeartbeat
from tests.operations.terminal import running, techmart


@pytest.fixture
def environment(tmp_path: Path, database: Database, database_url: str) -> dict[str, str]:
    return {"TECHMART_DATA": str(tmp_path / "data"), "TECHMART_DATABASE_URL": database_url, "NO_COLOR": "1"}


def gone(processes: list[psutil.Process], *, seconds: float = 120) -> bool:
    """Whether all of them end in time."""
    _ended, alive = psutil.wait_procs(processes, timeout=seconds)
    return not alive


def test_it_says_ready_serves_and_ends_cleanly_on_ctrl_c(environment: dict[str, str], database: Database) -> None:
    with running(techmart("serve", "--port", "0"), environment) as serve:
        address = serve.wait_for(r"ready: (http://127\.0\.0\.1:\d+)/")[1]
        children = psutil.Process(serve.process.pid).children(recursive=True)
        assert httpx2.get(f"{address}/healthz").text == "ok\n"
        ready = httpx2.get(f"{address}/readyz").json()
        assert (ready["status"], ready["worker"]["ready"]) == ("ready", True)
        assert httpx2.get(f"{address}/nothing-here").status_code == 404
        figures = httpx2.get(f"{address}/metrics").text
        assert 'techmart_request_seconds_count{method="GET",route="none",status="4xx"} 1.0' in figures
        assert serve.end(signal.SIGINT) == 0
        assert serve.lines[-1] == "techmart | stopped"
    assert len(children) == 2
    assert gone(children)
    # A worker that ended is not taken for one that lives.
    with database.read_only() as session:
        assert session.scalars(select(WorkerHeartbeat.worker)).all() == []


def test_sigterm_ends_it_too(environment: dict[str, str]) -> None:
    with running(techmart("serve", "--port", "0", "--no-worker"), environment) as serve:
        serve.wait_for(r"not ready|starting|connecting")
        children: list[psutil.Process] = []
        while not children:
            children = psutil.Process(serve.process.pid).children()
            assert serve.process.poll() is None, serve.output
            time.sleep(0.01)
        assert serve.end(signal.SIGTERM) == 0
    assert gone(children)


def test_after_kill_9_nothing_keeps_running(environment: dict[str, str]) -> None:
    with running(techmart("serve", "--port", "0"), environment) as serve:
        serve.wait_for(r"ready: ")
        children = psutil.Process(serve.process.pid).children(recursive=True)
        serve.end(signal.SIGKILL)
    assert len(children) == 2
    assert gone(children)


def test_a_taken_port_is_told_with_what_to_do(environment: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running(techmart("serve", "--port", str(port)), environment) as serve:
            assert serve.wait() == 1
    assert f"Port {port} of 127.0.0.1 is taken" in serve.output
    assert "What to do: Stop that program, or choose another port: TECHMART_PORT=" in serve.output
    assert "Traceback" not in serve.output


def test_a_second_one_with_the_same_data_folder_is_told_of_the_first(environment: dict[str, str]) -> None:
    with running(techmart("serve", "--port", "0"), environment) as first:
        address = first.wait_for(r"ready: (http://[^/]+)/")[1]
        with running(techmart("serve", "--port", "0"), environment) as second:
            assert second.wait() == 1
        assert f"process {first.process.pid}, {address}" in second.output
        assert first.end() == 0


def test_a_data_folder_that_cannot_be_written_is_told(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with running(techmart("serve"), environment | {"TECHMART_DATA": str(tmp_path / "file" / "data")}) as serve:
        assert serve.wait() == 1
    assert "cannot be written: Not a directory" in serve.output
    assert "TECHMART_DATA" in serve.output
    assert "Traceback" not in serve.output


def test_settings_that_cannot_be_used_are_told_each_by_name(environment: dict[str, str]) -> None:
    wrong = {"TECHMART_PORT": "eight", "TECHMART_DATABASE_POOL": "0"}
    with running(techmart("serve"), environment | wrong) as serve:
        assert serve.wait() == 1
    assert "TECHMART_PORT: " in serve.output
    assert "TECHMART_DATABASE_POOL: " in serve.output
    assert "Traceback" not in serve.output


def test_a_database_out_of_reach_is_told_without_its_password(environment: dict[str, str]) -> None:
    nowhere = {"TECHMART_DATABASE_URL": "postgresql://app:hunter2@127.0.0.1:1/techmart"}
    with running(techmart("serve", "--port", "0"), environment | nowhere) as serve:
        assert serve.wait() == 1
    assert "The database does not answer" in serve.output
    assert "hunter2" not in serve.output
    assert "Traceback" not in serve.output


def test_wrong_usage_exits_with_2(environment: dict[str, str]) -> None:
    with running(techmart("serve", "--no-such-option"), environment) as serve:
        assert serve.wait() == 2


def supervised(program: str, **arguments: object) -> list[str]:
    """A supervisor of one Python program."""
    given = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    code = (
        "import sys; from app.operations.supervisor import Program, Supervisor; "
        f"programs = [Program('one', [sys.executable, '-u', '-c', {program!r}])]; "
        f"sys.exit(Supervisor(programs, environment={{}}, {given}).run(ready_at='http://127.0.0.1:1'))"
    )
    return [sys.executable, "-c", code]


def test_a_process_that_ends_right_after_its_start_ends_everything() -> None:
    with running(supervised("raise SystemExit('no such table')"), {}) as supervisor:
        assert supervisor.wait() == 1
    assert "one      | no such table" in supervisor.lines
    assert "one ended with code 1 right after its start" in supervisor.lines[-1]


def test_a_process_that_ends_later_is_started_again() -> None:
    program = "import os, signal; print('begun', flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    with running(supervised(program, short_life_s=0.0), {}) as supervisor:
        supervisor.wait_for("ended by signal SIGKILL; starting it again")
        deadline = time.monotonic() + 30
        while supervisor.lines.count("one      | begun") < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert supervisor.lines.count("one      | begun") >= 2
        assert supervisor.end() == 0


def test_a_second_ctrl_c_kills_what_will_not_end() -> None:
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    with running(supervised(program), {}) as supervisor:
        supervisor.wait_for("deaf")
        supervisor.process.send_signal(signal.SIGINT)
        supervisor.wait_for("Ctrl-C again stops at once")
        began = time.monotonic()
        assert supervisor.end() == 0
    assert time.monotonic() - began < 10


def test_a_second_ctrl_c_counts_in_the_moment_it_is_offered() -> None:
    program = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    at_once = (
        "import os, signal; say = Supervisor.say; "
        "Supervisor.say = lambda self, text, **more: "
        "(say(self, text, **more), text.startswith('stopping') and os.kill(os.getpid(), signal.SIGINT)); "
    )
    command = supervised(program)
    command[-1] = command[-1].replace("programs = ", f"{at_once}programs = ", 1)
    with running(command, {}) as supervisor:
        supervisor.wait_for("deaf")
        began = time.monotonic()
        assert supervisor.end() == 0
    assert time.monotonic() - began < 10
