#!/usr/bin/env bash
# Sets a shop up.
set -euo pipefail

source ./library.sh
. "$HOME/.shop/profile"
source "$(dirname "$0")/common.sh"
. ${SHOP_ROOT}/extra.sh

# Where everything is.
export SHOP_ROOT="${SHOP_ROOT:-/srv/shop}" SHOP_USER=shop
readonly MAX_TRIES=3
declare -A prices=([paper]=10 [audio]=5)
declare -r VERSION=2
NAMES=(one two three)
started_at=$(date +%s)

# Prints a line to the log.
#   $1: the line
log() {
  local line="$1"
  printf '%s %s\n' "$(now)" "$line" >&2
}

function now { date --iso-8601; }

function fetch_book() {
  local title="$1" tries=0
  FOUND=""
  while ((tries < MAX_TRIES)); do
    if curl --fail "https://example.org/$title" | jq .; then
      FOUND="$title"
      return 0
    fi
    tries=$((tries + 1))
    log "again: $title"
  done
  cleanup || exit 1
}

cleanup() (
  cd "$SHOP_ROOT" && rm -f -- *.tmp
  LANG=C sort <<EOF
$(list_books)
EOF
)

if [[ -f "$SHOP_ROOT/override.sh" ]]; then
  source "$SHOP_ROOT/override.sh"
  OVERRIDDEN=1
  export MODE=strict
fi

case "${1:-}" in
  start) start_shop ;;
  stop) sudo stop_shop ;;
esac

trap cleanup EXIT
for name in "${NAMES[@]}"; do
  fetch_book "$name"
done

if broken; then
