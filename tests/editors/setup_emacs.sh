#!/usr/bin/env bash
# setup_emacs.sh: Emacs without windows, and Eglot, from the system's own Debian.
set -euo pipefail
source "$(dirname "$0")/debian.sh"

install_here emacs-nox elpa-eglot
emacs --version | head -1
