#!/usr/bin/env bash
# setup_nvim.sh PREFIX [SUITE...]
#
# Puts Neovim 0.12 into PREFIX (run it as PREFIX/bin/nvim) and leaves the system as it is.
# Stable Debian has no Neovim with built-in ghost text, so it comes from a newer suite.
# On another system install Neovim 0.12 by other means and set QWEN_NVIM to it.
set -euo pipefail
source "$(dirname "$0")/debian.sh"

[ $# -ge 1 ] || fail "say where to install: setup_nvim.sh PREFIX [SUITE...]"
prefix=$(realpath -m "$1")
shift
[ $# -gt 0 ] || set -- forky sid

has_0_12() {
    [ -x "$prefix/bin/nvim" ] &&
        "$prefix/bin/nvim" --headless -u NONE -i NONE \
            -c 'execute has("nvim-0.12") ? "qall!" : "cquit!"' >/dev/null 2>&1 </dev/null
}

if has_0_12; then
    echo "already there: $("$prefix/bin/nvim" --version | head -1)"
    exit 0
fi
from_debian "$prefix" neovim nvim has_0_12 "$@"
