#!/bin/sh
# Finds a Python new enough and hands over to prepare.py with the same arguments. PYTHON=… chooses one by name.
here=$(dirname "$0")
check='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'
for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
    if "$candidate" -c "$check" >/dev/null 2>&1; then
        exec "$candidate" "$here/prepare.py" "$@"
    fi
done
found=$(${PYTHON:-python3} --version 2>&1) || found="no ${PYTHON:-python3}"
echo "techmart: Python 3.11, 3.12, 3.13 or 3.14 is needed; this machine answered: $found" >&2
echo "  What to do: install one (Debian and Ubuntu: apt install python3 python3-venv; macOS: brew install python@3.13)," >&2
echo "  or name the one to use: make run PYTHON=/path/to/python3.12" >&2
exit 1
