# Install the Debian packages that are missing; says nothing and calls no
# network when none is. Sourced by try.sh and check.sh:
#     deps build        what the two programs need
#     deps build check  and what the tests need
#     deps build fuzz   and what the fuzzers need

BUILD_PACKAGES="gcc libc6-dev cmake ninja-build pkg-config liblua5.4-dev
lua-cjson-dev libcurl4-openssl-dev libyaml-dev libjansson-dev libssl-dev
libuv1-dev libmicrohttpd-dev libsqlite3-dev libavformat-dev libavcodec-dev
libavutil-dev libswscale-dev libfreetype-dev fonts-unifont ca-certificates
lowdown"
CHECK_PACKAGES="curl libcmocka-dev lua5.4 lua-cjson lua-busted lua-check
python3-minimal python3-pytest valgrind clang-format ffmpeg groff-base
chromium chromium-driver python3-selenium"
FUZZ_PACKAGES="clang libclang-rt-dev"

# The names among "$@" that dpkg does not have installed.
deps_missing() {
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null |
            grep -q 'ok installed' || printf '%s ' "$package"
    done
}

deps() {
    wanted=
    for group in "$@"; do
        case $group in
        build) wanted="$wanted $BUILD_PACKAGES" ;;
        check)
            wanted="$wanted $CHECK_PACKAGES"
            # Node from elsewhere brings an npm that dpkg does not know.
            command -v npm >/dev/null || wanted="$wanted nodejs npm"
            ;;
        fuzz) wanted="$wanted $FUZZ_PACKAGES" ;;
        esac
    done
    # shellcheck disable=SC2086 # a list of words
    missing=$(deps_missing $wanted)
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null; then
        echo "tarmac needs these Debian packages, or what your system calls" \
            "them: $missing" >&2
        return 1
    fi
    sudo=
    if [ "$(id -u)" != 0 ]; then
        sudo=sudo
        if ! command -v sudo >/dev/null; then
            echo "run this as root, or install first: $missing" >&2
            return 1
        fi
    fi
    echo "installing: $missing"
    $sudo apt-get update -qq
    # shellcheck disable=SC2086
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends $missing >/dev/null
}
