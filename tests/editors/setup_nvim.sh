#!/usr/bin/env bash
# setup_nvim.sh PREFIX [SUITE...]
#
# Puts Neovim 0.12 into PREFIX (run it as PREFIX/bin/nvim) and leaves the system as it is.
# Stable Debian has no Neovim with built-in ghost text, so the packages of a newer suite are unpacked
# into PREFIX together with every library they need, the newer C library included, and the binary is
# made to load exactly those. Programs that Neovim starts keep using the system's own libraries.
# The folder cannot be moved afterwards: paths inside it are baked into the binary.
set -euo pipefail

fail() {
    echo "setup_nvim.sh: $*" >&2
    exit 1
}

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

command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
    fail "this needs Debian's apt-get and dpkg-deb; elsewhere install Neovim 0.12 and set QWEN_NVIM to it"

# The mirror this machine already uses, taken from apt's own idea of its sources.
mirror() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 2>/dev/null |
        awk -v suite="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")" '$2 == suite { print $1; exit }'
}

# A new machine has no package lists at all; nothing can be installed before they are fetched.
system_lists() {
    [ -n "$(mirror)" ] && apt-cache show patchelf >/dev/null 2>&1 && return
    apt-get update -qq || fail "apt-get update failed; run it by hand to see why"
}

if ! command -v patchelf >/dev/null; then
    system_lists
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends patchelf >/dev/null ||
        fail "patchelf is missing and could not be installed; run: apt-get install patchelf"
fi
[ -n "$(mirror)" ] || system_lists
source_uri=$(mirror)
[ -n "$source_uri" ] || fail "apt has no Debian source for this release; check /etc/apt"

# Unpacks SUITE's Neovim into $prefix/root with an apt that has its own lists and cache.
unpack() {
    local suite=$1 work=$prefix/apt packages package
    rm -rf "$work" "$prefix/root" "$prefix/bin"
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$prefix/root" "$prefix/bin"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $source_uri $suite main" \
        >"$work/sources.list"
    local apt=(
        -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
        -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache"
        -o Acquire::Languages=none -o APT::Sandbox::User=root
    )
    apt-get "${apt[@]}" update -qq || return 1
    # Hard dependencies only. The two left out carry documentation and character set tables.
    packages=$(
        apt-cache "${apt[@]}" depends --recurse --no-recommends --no-suggests --no-conflicts \
            --no-breaks --no-replaces --no-enhances neovim |
            grep '^[a-z]' | sort -u | grep -vE '^(gcc-[0-9]+-base|libc-gconv-modules-extra)$'
    ) || return 1
    # shellcheck disable=SC2086  # one word per package
    (cd "$work/debs" && apt-get "${apt[@]}" download -qq $packages) || return 1
    for package in "$work"/debs/*.deb; do
        dpkg-deb -x "$package" "$prefix/root" || return 1
    done
}

# Makes the unpacked binary, and the Lua modules it loads, use the unpacked libraries.
relink() {
    local root=$prefix/root loader libraries binary
    loader=$(find "$root" -name 'ld-linux-*.so.*' -print -quit)
    libraries=$(find "$root" \( -name 'libc.so.6' -o -name 'libuv.so.1*' \) -printf '%h\n' | sort -u | paste -sd:)
    # bin/nvim may be a link for the alternatives system, whose target only exists once configured.
    binary=$(find "$root/usr/bin" "$root/usr/libexec" -type f -name 'nvim*' -perm -u+x -print -quit 2>/dev/null)
    [ -n "$loader" ] && [ -n "$libraries" ] && [ -n "$binary" ] || return 1
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$binary" || return 1
    find "$root" -type f -name '*.so*' -path '*lua*' \
        -exec patchelf --force-rpath --set-rpath "$libraries" {} + 2>/dev/null || true
    ln -s "$binary" "$prefix/bin/nvim"
}

for suite in "$@"; do
    echo "installing Neovim from Debian $suite into $prefix"
    if unpack "$suite" && relink && has_0_12; then
        rm -rf "$prefix/apt"
        "$prefix/bin/nvim" --version | head -1
        exit 0
    fi
    echo "Debian $suite did not give a working Neovim 0.12" >&2
done
fail "no working Neovim 0.12 from: $*; the lines above say what failed for each suite"
