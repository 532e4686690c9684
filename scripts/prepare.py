"""Makes this checkout ready to run: the environment in .venv and the built front end. Quick when nothing changed.

    python scripts/prepare.py app          what running needs
    python scripts/prepare.py development  also what checking and testing need

Uses nothing but the standard library, as it runs before anything is installed.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "techmart.json"
LOG = VENV / "install.log"
# Each holds the ones before it.
PROFILES = {"app": "app.txt", "build": "build.txt", "development": "dev.txt"}
NODE_LEAST = 20

_OUT_OF_REACH = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|Max retries exceeded|Temporary failure in name resolution"
    r"|Name or service not known|nodename nor servname|Network is unreachable|Connection refused|ProxyError"
    r"|No matching distribution found|SSLError|HTTPError|503 |502 ",
)


class Fault(Exception):
    """What happened, and what to do about it."""

    def __init__(self, happened: str, remedy: str) -> None:
        super().__init__(happened)
        self.happened = happened
        self.remedy = remedy


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in {"app", "development"}:
        print("usage: prepare.py app|development", file=sys.stderr)
        return 2
    profile = arguments[0]
    try:
        if profile == "app" and not node_is_new_enough():
            profile = "build"
        prepare_environment(profile)
        build_front_end()
    except Fault as fault:
        print(f"techmart: {fault.happened}", file=sys.stderr)
        print("  What to do: " + fault.remedy.replace("\n", "\n  "), file=sys.stderr)
        return 1
    except OSError as fault:
        print(f"techmart: {fault}", file=sys.stderr)
        print(f"  What to do: see that you may write to {ROOT} and that its disk has 1 GB free.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ntechmart: stopped; `make run` goes on from here.", file=sys.stderr)
        return 130
    return 0


def prepare_environment(profile: str) -> None:
    """Make .venv hold what the lock files say, and the project itself."""
    wanted = fingerprint()
    if not venv_is_usable():
        make_venv()
    stamp = read_stamp()
    names = list(PROFILES)
    if stamp.get("fingerprint") == wanted and names.index(str(stamp.get("profile"))) >= names.index(profile):
        return
    STAMP.unlink(missing_ok=True)
    locks = ["app.txt", "build.txt"] if profile == "build" else [PROFILES[profile]]
    install(locks)
    install_project()
    STAMP.write_text(json.dumps({"fingerprint": wanted, "profile": profile, "root": str(ROOT)}))


def fingerprint() -> str:
    digest = hashlib.sha256(f"{ROOT} {sys.version_info[:2]}".encode())
    for path in [*(ROOT / "requirements" / name for name in PROFILES.values()), ROOT / "pyproject.toml"]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read_stamp() -> dict[str, object]:
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) and stamp.get("profile") in PROFILES else {}


def venv_is_usable() -> bool:
    """Whether .venv works here: it breaks when its Python is removed or upgraded, or the checkout is moved."""
    if not PYTHON.exists():
        return False
    stamp = read_stamp()
    if stamp and stamp["root"] != str(ROOT):
        return False
    code = "import sys, pip; print(sys.prefix, *sys.version_info[:2])"
    answer = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.split() == [
        str(VENV),
        str(sys.version_info[0]),
        str(sys.version_info[1]),
    ]


def make_venv() -> None:
    say(f"making the environment .venv with Python {sys.version.split()[0]}")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        output = (made.stdout + made.stderr).strip()
        if "ensurepip" in output:
            version = f"{sys.version_info[0]}.{sys.version_info[1]}"
            raise Fault(
                f"{sys.executable} has no venv module, which Debian and Ubuntu package apart.",
                f"apt install python{version}-venv, or name another Python: make run PYTHON=/path/to/python3",
            )
        raise Fault(f"the environment {VENV} could not be made:\n{output}", f"see that you may write to {ROOT}.")


def install(locks: list[str]) -> None:
    """Install what the lock files name, checking every hash. The output goes to a log, the count to the terminal."""
    total = sum(
        line[0].isalnum() and "==" in line
        for name in locks
        for line in (ROOT / "requirements" / name).read_text().splitlines()
        if line
    )
    say(f"installing {total} packages (only when they changed; a minute or two)")
    command: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
        "--no-input",
        "--retries",
        "2",
    ]
    command += ["--disable-pip-version-check", "--progress-bar", "off"]
    for name in locks:
        command += ["-r", ROOT / "requirements" / name]
    began = time.monotonic()
    seen = 0
    with LOG.open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            package = re.match(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)", line)
            if package:
                seen += 1
                progress(f"  {seen}/{total} {package[1]}")
            elif line.startswith("Installing collected packages"):
                progress(f"  {total}/{total} unpacking")
        process.wait()
    progress("")
    if process.returncode != 0:
        raise install_fault()
    say(f"installed in {time.monotonic() - began:.0f} s")


def install_fault() -> Fault:
    """Say why pip failed, from its log."""
    output = LOG.read_text(errors="replace")
    if "No space left on device" in output:
        return Fault("the disk is full.", f"free 1 GB on the disk of {ROOT} and run it again.")
    if "DO NOT MATCH THE HASHES" in output:
        return Fault(
            "a downloaded package is not the one this project was locked with, so nothing of it was installed.",
            f"see {LOG}; if a mirror or proxy serves changed files, use another (PIP_INDEX_URL).",
        )
    if _OUT_OF_REACH.search(output):
        return Fault(
            "the package registry could not be reached, or does not have a package that is needed.",
            "check the network; behind a proxy set HTTPS_PROXY; to use a mirror set PIP_INDEX_URL.\n"
            f"Then run it again: it goes on where it stopped. pip's own words are in {LOG}.",
        )
    tail = "\n".join(output.strip().splitlines()[-6:])
    return Fault(f"the packages could not be installed:\n{tail}", f"the whole output is in {LOG}.")


def install_project() -> None:
    """Put the package and its `techmart` command into .venv, editable. Needs no network: setuptools is locked too."""
    command: list[str | Path] = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    command += ["--disable-pip-version-check", "--editable", ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        output = (done.stdout + done.stderr).strip()
        raise Fault(f"the project could not be installed into .venv:\n{output}", f"see that you may write to {ROOT}.")


def build_front_end() -> None:
    """Run frontend/build.py, which does nothing when its sources have not changed and says itself what failed."""
    done = subprocess.run([PYTHON, ROOT / "frontend" / "build.py"], check=False, cwd=ROOT)
    if done.returncode != 0:
        raise Fault(
            "the front end could not be built.",
            "the lines above say why; behind a proxy set HTTPS_PROXY; to use a mirror set npm_config_registry.",
        )


def node_is_new_enough() -> bool:
    """Whether Node.js of the version we need is installed on this machine (else its wheel is added to .venv)."""
    node = shutil.which("node")
    if node is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"v(\d+)\.", answer.stdout)
    return found is not None and int(found[1]) >= NODE_LEAST and shutil.which("npm") is not None


def say(text: str) -> None:
    print(f"techmart: {text}", flush=True)


def progress(text: str) -> None:
    """Show a passing line on a terminal; nothing in a log file."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\033[K{text[:width]}", end="", flush=True)


if __name__ == "__main__":
    # Settings of an outer environment must not leak into the one we make.
    for variable in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV"):
        os.environ.pop(variable, None)
    sys.exit(main(sys.argv[1:]))
