// CLONED: a function that the compiler makes twice, for processors with and
// without AVX2; which of them runs is chosen when the program starts. Only for
// loops whose results do not depend on it: whole numbers, or floats without
// sums across elements. (AVX2 brings no fused multiply-add.)

#pragma once

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) &&         \
    defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) &&                \
    !defined(__SANITIZE_THREAD__)
#define CLONED __attribute__((target_clones("avx2", "default")))
#else
#define CLONED
#endif
