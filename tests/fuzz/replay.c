// A fuzzer without a fuzzer: every file of a corpus, and a fixed number of
// mutations of each, the same in every run. Any compiler builds it.
//
// usage: fuzz_… CORPUS_DIR [MUTATIONS]

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "fuzz.h"

#define INPUT_MAX (1u << 20)
#define SEED 0x9E3779B97F4A7C15u

struct input {
    uint8_t *bytes;
    size_t len;
};

// What is being run, for the message when it ends the process. Put together
// before, because a handler may hardly call anything.
static char current[300];

// A sanitizer's report, and MUST(), end with abort().
static void on_abort(int number)
{
    signal(number, SIG_DFL);
    if (write(STDERR_FILENO, current, strlen(current)) < 0)
        _exit(1);
}

static uint64_t random_next(uint64_t *state) // xorshift64*
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Du;
}

static size_t below(uint64_t *state, size_t n)
{
    return n ? (size_t)(random_next(state) % n) : 0;
}

// Replace `cut` bytes at `at` by `n` others.
static void splice(struct input *in, size_t at, size_t cut, const void *with,
                   size_t n)
{
    uint8_t *out = xmalloc(in->len - cut + n + 1);
    memcpy(out, in->bytes, at);
    if (n)
        memcpy(out + at, with, n);
    memcpy(out + at + n, in->bytes + at + cut, in->len - at - cut);
    free(in->bytes);
    in->bytes = out;
    in->len = in->len - cut + n;
}

// One small change; `other` is a file of the corpus to take pieces of.
static void mutate(struct input *in, const struct input *other, uint64_t *state)
{
    static const char *const words[] = {
        "\n",  ":",    "\"",           "{",    "}",  "[",  "]",       "null",
        "-1",  "1e99", "\xff",         "0",    "${", "- ", "&a ",     "*a",
        "\\u", "\0",   "\xef\xbb\xbf", "true", "\t", "..", "task_id", "#",
        "  ",
    };
    size_t at = below(state, in->len + 1), rest = in->len - at;
    size_t cut = below(state, (rest < 16 ? rest : 16) + 1);
    const char *word = words[below(state, sizeof(words) / sizeof(*words))];
    size_t from = below(state, other->len + 1);
    size_t n = below(state, other->len - from + 1);
    switch (below(state, 5)) {
    case 0: // one bit
        if (rest)
            in->bytes[at] ^= (uint8_t)(1u << below(state, 8));
        break;
    case 1: // a piece away
        splice(in, at, cut, NULL, 0);
        break;
    case 2: // a word instead of a piece
        splice(in, at, cut, word, *word ? strlen(word) : 1);
        break;
    case 3: // a piece of another
        splice(in, at, cut, other->bytes + from, n);
        break;
    default: // cut off
        if (below(state, 4) == 0)
            splice(in, at, rest, NULL, 0);
        break;
    }
}

static void run(const struct input *in, const char *name, unsigned mutation)
{
    uint8_t *bytes = xmalloc(in->len + !in->len); // its own bounds
    if (in->len)
        memcpy(bytes, in->bytes, in->len);
    snprintf(current, sizeof(current), "input: %s, mutation %u\n", name,
             mutation);
    LLVMFuzzerTestOneInput(bytes, in->len);
    current[0] = '\0';
    free(bytes);
}

static void run_mutations(const struct input *all, size_t n, size_t i,
                          const char *name, unsigned mutations)
{
    uint64_t state = SEED + i;
    for (unsigned mutation = 1; mutation <= mutations; mutation++) {
        struct input in = {xmalloc(all[i].len + 1), all[i].len};
        memcpy(in.bytes, all[i].bytes, in.len);
        for (size_t changes = 1 + below(&state, 4); changes > 0; changes--)
            mutate(&in, &all[below(&state, n)], &state);
        if (in.len <= INPUT_MAX)
            run(&in, name, mutation);
        free(in.bytes);
    }
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **names;
    int n = argc > 1 ? scandir(argv[1], &names, is_shown, alphasort) : -1;
    if (n <= 0) {
        fprintf(stderr, "usage: %s CORPUS_DIR [MUTATIONS]\n", argv[0]);
        return 2;
    }
    unsigned mutations = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
    signal(SIGABRT, on_abort);
    struct input *all = xcalloc((size_t)n, sizeof(*all));
    for (int i = 0; i < n; i++) {
        struct err err;
        char *path = path_join(argv[1], names[i]->d_name);
        all[i].bytes = (uint8_t *)file_read(path, INPUT_MAX, &all[i].len, &err);
        MUST(all[i].bytes);
        free(path);
    }
    for (int i = 0; i < n; i++) {
        run(&all[i], names[i]->d_name, 0);
        run_mutations(all, (size_t)n, (size_t)i, names[i]->d_name, mutations);
    }
    printf("%d inputs, %u mutations of each\n", n, mutations);
    for (int i = 0; i < n; i++) {
        free(all[i].bytes);
        free(names[i]);
    }
    free(all);
    free(names);
    return 0;
}
