# Sourced: `bench_build TARGET…` builds programs that only measure, for release,
# and puts their folder into $tools.
bench_build() {
    deps build
    cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release >/dev/null
    cmake --build build/bench --target "$@" >/dev/null
    tools=build/bench/tests/bench
}
