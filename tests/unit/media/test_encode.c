// The same pictures give the same file, whatever the memory held before.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/mem.h"
#include "media/encode.h"

#define FRAMES 48

// Neither a multiple of 128 nor, the second one, of 16.
static const struct {
    int width, height;
} sizes[] = {{96, 96}, {320, 180}, {256, 128}};

// Blotches that move, each line in its own way, on a ground that does not.
static uint8_t value(int x, int y, int channel, int frame)
{
    unsigned column = (unsigned)(x + frame * (1 + y / 24 % 3)) / 5;
    unsigned h = (column * 73 + (unsigned)(y + frame / 2) / 6 * 151 +
                  (unsigned)channel * 59) *
                 2654435761u;
    return x % 40 < 8 ? (uint8_t)(3 * y) : (uint8_t)(h >> 24);
}

static bool put(struct encoder *e, int width, int height, int frame,
                struct err *err)
{
    uint8_t *rgb = xmalloc(3 * (size_t)width * (size_t)height), *at = rgb;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < 3; c++)
                *at++ = value(x, y, c, frame);
    bool ok = encoder_put(e, rgb, err);
    free(rgb);
    return ok;
}

// In a process of its own.
static int encode(const char *path, const char *width, const char *height)
{
    int w = (int)strtol(width, NULL, 10), h = (int)strtol(height, NULL, 10);
    struct err err = {.kind = ERR_NONE};
    struct encoder *e = encoder_open(path, w, h, 24, &err);
    for (int i = 0; e && i < FRAMES; i++)
        if (!put(e, w, h, i, &err))
            return 1;
    return e && encoder_finish(e, &err) ? 0 : 1;
}

// Encodes where all new memory is filled with `fill`.
static void encode_over(const char *path, int width, int height, int fill)
{
    char w[16], h[16], libc[16], asan[96];
    snprintf(w, sizeof(w), "%d", width);
    snprintf(h, sizeof(h), "%d", height);
    snprintf(libc, sizeof(libc), "%d", fill);
    snprintf(asan, sizeof(asan),
             "max_malloc_fill_size=1000000000:malloc_fill_byte=%d", fill);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("MALLOC_PERTURB_", libc, 1);
        setenv("ASAN_OPTIONS", asan, 1);
        execl("/proc/self/exe", "encode", path, w, h, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static char *take(const char *path, size_t *len)
{
    struct err err = {.kind = ERR_NONE};
    char *bytes = file_read(path, 64 << 20, len, &err);
    assert_non_null(bytes);
    unlink(path);
    return bytes;
}

static void test_same_bytes_over_any_memory(void **state)
{
    (void)state;
    char dir[] = "/tmp/tarmac-encode-XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/clip.mp4", dir);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        size_t first_len, len;
        encode_over(path, sizes[i].width, sizes[i].height, 1);
        char *first = take(path, &first_len);
        for (int fill = 90; fill < 256; fill += 80) {
            encode_over(path, sizes[i].width, sizes[i].height, fill);
            char *bytes = take(path, &len);
            assert_int_equal(len, first_len);
            assert_memory_equal(bytes, first, len);
            free(bytes);
        }
        free(first);
    }
    rmdir(dir);
}

int main(int argc, char **argv)
{
    if (argc == 4)
        return encode(argv[1], argv[2], argv[3]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes_over_any_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
