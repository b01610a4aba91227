# shellcheck shell=bash
# Sourced by the setup scripts of editors: takes an editor from a newer Debian suite into a folder of its own.
#
# The packages of that suite are unpacked together with every library they need, the newer C library
# included, and the binary is made to load exactly those. The system is left as it is, and programs that
# the editor starts keep using the system's own libraries. The folder cannot be moved afterwards: paths
# inside it are baked into the binary.

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

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

# install_here PACKAGE...: system packages, fetched unless they are there.
install_here() {
    local package missing=()
    for package in "$@"; do
        dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    system_lists
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        fail "${missing[*]} could not be installed; run: apt-get install ${missing[*]}"
}

# unpack PREFIX SUITE PACKAGE: into PREFIX/root, with an apt that has its own lists and cache.
unpack() {
    local prefix=$1 suite=$2 work=$1/apt packages package
    rm -rf "$work" "$prefix/root" "$prefix/bin"
    mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$prefix/root" "$prefix/bin"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $suite main" >"$work/sources.list"
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
            --no-breaks --no-replaces --no-enhances "$3" |
            grep '^[a-z]' | sort -u | grep -vE '^(gcc-[0-9]+-base|libc-gconv-modules-extra)$'
    ) || return 1
    # shellcheck disable=SC2086  # one word per package
    (cd "$work/debs" && apt-get "${apt[@]}" download -qq $packages) || return 1
    for package in "$work"/debs/*.deb; do
        dpkg-deb -x "$package" "$prefix/root" || return 1
    done
    rm -rf "$work"
}

# relink PREFIX NAME: makes the unpacked program NAME, and Lua modules it loads, use the unpacked libraries.
relink() {
    local prefix=$1 name=$2 root=$1/root loader libraries binary
    loader=$(find "$root" -name 'ld-linux-*.so.*' -print -quit)
    libraries=$(find "$root" -name '*.so.[0-9]*' -printf '%h\n' | sort -u | paste -sd:)
    # bin/NAME may be a link for the alternatives system, whose target only exists once configured.
    binary=$(find "$root/usr/bin" "$root/usr/libexec" "$root/usr/lib/$name" \
        -type f -name "$name*" -perm -u+x -print -quit 2>/dev/null || true)
    [ -n "$loader" ] && [ -n "$libraries" ] && [ -n "$binary" ] || return 1
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$libraries" "$binary" || return 1
    find "$root" -type f -name '*.so*' -path '*lua*' \
        -exec patchelf --force-rpath --set-rpath "$libraries" {} + 2>/dev/null || true
    ln -s "$binary" "$prefix/bin/$name"
}

# from_debian PREFIX PACKAGE NAME WORKS SUITE...: the first suite whose program NAME passes the check WORKS.
from_debian() {
    local prefix=$1 package=$2 name=$3 works=$4 suite
    command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
        fail "this needs Debian's apt-get and dpkg-deb; elsewhere install $name by other means"
    install_here patchelf
    [ -n "$(mirror)" ] || system_lists
    [ -n "$(mirror)" ] || fail "apt has no Debian source for this release; check /etc/apt"
    for suite in "${@:5}"; do
        echo "installing $package from Debian $suite into $prefix"
        if unpack "$prefix" "$suite" "$package" && relink "$prefix" "$name" && "$works"; then
            "$prefix/bin/$name" --version | head -1
            return
        fi
        echo "Debian $suite did not give a working $name" >&2
    done
    fail "no working $name from: ${*:5}; the lines above say what failed for each suite"
}
