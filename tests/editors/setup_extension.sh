#!/usr/bin/env bash
# setup_extension.sh
#
# Makes editors/vscode/qwen-lsp.vsix, unless it is newer than all that goes into it.
set -euo pipefail
cd "$(dirname "$0")/../../editors/vscode"

if [ -f qwen-lsp.vsix ] && [ -z "$(find . ../../qwen_lsp ../../pyproject.toml -newer qwen-lsp.vsix -type f \
    -not -path './node_modules/*' -not -path './dist/*' -not -path './server/*' -not -path '*/__pycache__/*' -print -quit)" ]; then
    echo "already there: $PWD/qwen-lsp.vsix"
    exit 0
fi
if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    npm ci --ignore-scripts --no-fund --no-audit --loglevel=error
fi
npm run --silent package
