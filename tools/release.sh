# Sourced: `release FOLDER` puts the folder of the programs into $bin. That is
# FOLDER, or without one the release build, which is brought up to date.
release() {
    bin=$1
    [ -z "$bin" ] || return 0
    cmake --preset release >/dev/null
    cmake --build --preset release --target tarmac tarmac-media >/dev/null
    bin=build/release/bin
}
