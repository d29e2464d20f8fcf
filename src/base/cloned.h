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

// INLINED: a function that must become part of those that call it, to be made
// twice with them.
#define INLINED static inline __attribute__((always_inline))

// APART: before a loop that reads from lists and writes to others, which do not
// overlap.
#if defined(__GNUC__) && !defined(__clang__)
#define APART _Pragma("GCC ivdep")
#else
#define APART
#endif
