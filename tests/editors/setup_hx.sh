#!/usr/bin/env bash
# setup_hx.sh PREFIX [SUITE...]
#
# Puts Helix into PREFIX (run it as PREFIX/bin/hx, with HELIX_RUNTIME=PREFIX/root/usr/lib/hx/runtime) and tmux,
# which the tests read its screen with, into the system. Stable Debian has no Helix, so it comes from a newer suite.
set -euo pipefail
source "$(dirname "$0")/debian.sh"

[ $# -ge 1 ] || fail "say where to install: setup_hx.sh PREFIX [SUITE...]"
prefix=$(realpath -m "$1")
shift
[ $# -gt 0 ] || set -- forky sid

runs() { [ -x "$prefix/bin/hx" ] && "$prefix/bin/hx" --version >/dev/null 2>&1; }

install_here tmux
if runs; then
    echo "already there: $("$prefix/bin/hx" --version)"
    exit 0
fi
from_debian "$prefix" hx hx runs "$@"
