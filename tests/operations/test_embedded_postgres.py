"""The embedded server with real processes: shared, stopped by the last, adopted after a kill -9."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from app.operations import embedded_postgres
from app.operations.faults import OperationFault
from tests.operations.terminal import Running, running


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Not pytest's own: that is closed again and again to all but us, and as root the server runs as somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="techmart-embedded-"))
    yield folder
    shutil.rmtree(folder)


def postmaster(data: Path) -> psutil.Process | None:
    """The server's process, when it runs."""
    try:
        line = (data / "postgres/cluster/postmaster.pid").read_text().splitlines()[0]
        return psutil.Process(int(line))
    except (FileNotFoundError, IndexError, psutil.NoSuchProcess):
        return None


def user_of(data: Path) -> list[str]:
    """A process that starts or joins the server, says so, and holds it until it is told to end."""
    code = (
        "import sys, signal, pathlib; from app.operations import embedded_postgres; "
        "server = embedded_postgres.start(pathlib.Path(sys.argv[1]), durable=False); "
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); print('holding', flush=True); signal.pause()"
    )
    return [sys.executable, "-c", code, str(data)]


def select_one(url: str) -> object:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(
            "SELECT current_database(), current_setting('server_version_num')::int / 10000"
        ).fetchone()


def test_it_starts_answers_and_stops(tmp_path: Path) -> None:
    with embedded_postgres.start(tmp_path, durable=False) as server:
        assert select_one(server.url()) == ("techmart", 18)
        assert postmaster(tmp_path) is not None
        server.release()
        server.release()
    assert postmaster(tmp_path) is None


def test_what_was_written_is_there_at_the_next_start(tmp_path: Path) -> None:
    with embedded_postgres.start(tmp_path) as server, psycopg.connect(server.url().replace("+psycopg", "")) as one:
        one.execute("CREATE TABLE kept (value int)")
    with embedded_postgres.start(tmp_path) as server, psycopg.connect(server.url().replace("+psycopg", "")) as other:
        assert other.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_the_last_of_several_users_stops_it(tmp_path: Path) -> None:
    with running(user_of(tmp_path), {}) as first, running(user_of(tmp_path), {}) as second:
        first.wait_for("holding")
        second.wait_for("holding")
        server = postmaster(tmp_path)
        assert server is not None
        assert first.end(signal.SIGTERM) == 0
        assert postmaster(tmp_path) == server
        assert second.end(signal.SIGTERM) == 0
    assert postmaster(tmp_path) is None


def test_several_that_start_at_once_share_one_server(tmp_path: Path) -> None:
    users: list[Running] = []
    try:
        users = [Running(user_of(tmp_path), {}) for _ in range(3)]
        for user in users:
            user.wait_for("holding")
        assert postmaster(tmp_path) is not None
    finally:
        codes = [user.end(signal.SIGTERM) for user in users]
        for user in users:
            user.close()
    assert codes == [0, 0, 0]
    assert postmaster(tmp_path) is None


def test_after_a_kill_9_it_stays_and_the_next_user_adopts_and_ends_it(tmp_path: Path) -> None:
    with running(user_of(tmp_path), {}) as killed:
        killed.wait_for("holding")
        killed.end(signal.SIGKILL)
    server = postmaster(tmp_path)
    assert server is not None
    with embedded_postgres.start(tmp_path, durable=False) as adopted:
        assert postmaster(tmp_path) == server
        assert select_one(adopted.url()) == ("techmart", 18)
    assert postmaster(tmp_path) is None


def test_a_server_that_was_killed_itself_is_started_again(tmp_path: Path) -> None:
    with embedded_postgres.start(tmp_path):
        server = postmaster(tmp_path)
        assert server is not None
        for process in [server, *server.children()]:
            process.kill()
        psutil.wait_procs([server], timeout=20)
        with embedded_postgres.start(tmp_path) as again:
            assert select_one(again.url()) == ("techmart", 18)


def test_paths_too_long_for_a_socket_and_with_odd_letters_work(tmp_path: Path) -> None:
    data = tmp_path / "Dữ liệu, 'sàn' \"công\" $HOME `nghệ`" / ("thư-mục-rất-dài-" * 4)
    data.mkdir(parents=True)
    with embedded_postgres.start(data, durable=False) as server:
        assert select_one(server.url()) == ("techmart", 18)
        assert len(os.fsencode(server.socket_folder)) < 100
        assert server.socket_folder.stat().st_mode & 0o077 == 0
    assert not server.socket_folder.exists()


def test_data_of_another_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres" / "cluster"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("16\n")
    with pytest.raises(OperationFault, match="made by PostgreSQL 16; this is version 18"):
        embedded_postgres.start(tmp_path)
    assert sorted(path.name for path in cluster.iterdir()) == ["PG_VERSION"]


def test_an_interrupted_first_start_leaves_nothing_that_stops_the_next(tmp_path: Path) -> None:
    unfinished = tmp_path / "postgres" / "cluster.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "half").write_text("made")
    with embedded_postgres.start(tmp_path, durable=False) as server:
        assert select_one(server.url()) == ("techmart", 18)
    assert not unfinished.exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OperationFault, match="cannot be kept: Not a directory"):
        embedded_postgres.start(tmp_path / "file")
