#!/usr/bin/env bash
# setup_browser.sh
#
# Makes sure that there is a Chromium for the page's tests: Debian's small one without a window.
set -euo pipefail

for name in "${QWEN_BROWSER:-}" chromium-headless-shell chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name" >/dev/null; then
        echo "already there: $name"
        exit 0
    fi
done
command -v apt-get >/dev/null || {
    echo "setup_browser.sh: this needs Debian's apt-get; elsewhere install Chromium and set QWEN_BROWSER to it" >&2
    exit 1
}
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-liberation >/dev/null || {
    echo "setup_browser.sh: Chromium could not be installed; run: apt-get install chromium-headless-shell" >&2
    exit 1
}
chromium-headless-shell --version
