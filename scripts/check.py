"""Runs every linter and the type checker, each to its end, and says in one line each how it went.

python scripts/check.py              all
python scripts/check.py types lint   some, by name
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS: dict[str, list[str]] = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "imports": ["lint-imports", "--no-logo"],
    "templates": ["djlint", "--lint", "--quiet", "frontend/templates"],
}


def main(names: list[str]) -> int:
    unknown = set(names) - set(CHECKS)
    if unknown:
        print(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}", file=sys.stderr)
        return 2
    failed = []
    for name in names or CHECKS:
        program, *arguments = CHECKS[name]
        began = time.monotonic()
        done = subprocess.run(
            [BIN / program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        verdict = "ok" if done.returncode == 0 else "FAILED"
        print(f"== {name:<10} {verdict} ({time.monotonic() - began:.0f} s)", flush=True)
        if done.returncode != 0:
            failed.append(name)
            print((done.stdout + done.stderr).strip(), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
