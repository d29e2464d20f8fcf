// The lock file: what is written is what is read, whatever stands in it.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "report/lock.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FP "5a77000000000000000000000000000000000000000000000000000000000000"
#define OTHER "0123456789012345678901234567890123456789012345678901234567890123"

static char *text_of(const struct lock *lock)
{
    struct buf out;
    struct err err;
    buf_init(&out, 16 << 20);
    if (!lock_write(lock, &out, &err))
        fail_msg("%s", err.text);
    return buf_take(&out);
}

static struct lock *read_back(const char *text)
{
    struct problems problems;
    problems_init(&problems, "r.lock.yaml");
    struct lock *lock = lock_read(text, strlen(text), &problems);
    if (!lock) {
        struct buf said;
        buf_init(&said, 1 << 20);
        problems_write(&problems, &said);
        fail_msg("%s\n%s", said.data, text);
    }
    problems_free(&problems);
    return lock;
}

static struct lock_entry entry(const char *output, const char *task_id)
{
    return (struct lock_entry){.output = output,
                               .gateway = "local",
                               .dialect = "reverse 2026-07-01",
                               .fingerprint = FP,
                               .task_id = task_id,
                               .file = 1,
                               .sha256 = OTHER};
}

static void is_written_as_it_is_promised(void **state)
{
    (void)state;
    struct value *given = value_list();
    value_add(given, value_str("motion.z=2"));
    value_add(given, value_str("prompt=a: b"));
    struct lock *lock = lock_new("orbit", given);
    value_free(given);
    struct lock_entry e = entry("wide", "T-1"), frame = entry(NULL, "T-2");
    struct lock_entry close = entry("close", "T-3"), none = entry(NULL, NULL);
    frame.fingerprint = "f" OTHER;
    close.file = 2;
    none.fingerprint = OTHER;
    none.failed = "moderation";
    none.sha256 = NULL;
    lock_add_cell(lock, "orbit/x4");
    lock_add(lock, &frame);
    lock_add(lock, &e);
    lock_add(lock, &none);
    lock_add(lock, &close);
    lock_add(lock, &e);
    lock_add_cell(lock, "orbit/x-4");
    char *text = text_of(lock);
    assert_string_equal(
        text,
        "# Written by tarmac run --lock; run --locked buys nothing and "
        "delivers exactly this.\n"
        "tarmac_lock: 1\n"
        "recipe: orbit\n"
        "given: [motion.z=2, \"prompt=a: b\"]\n"
        "cells:\n"
        "  orbit/x-4: []\n"
        "  orbit/x4:\n"
        "    - {output: close, file: 2, gateway: local, dialect: reverse "
        "2026-07-01, fingerprint: " FP ", task_id: T-3, sha256: \"" OTHER
        "\"}\n"
        "    - {output: wide, gateway: local, dialect: reverse 2026-07-01, "
        "fingerprint: " FP ", task_id: T-1, sha256: \"" OTHER "\"}\n"
        "    - {gateway: local, dialect: reverse 2026-07-01, fingerprint: "
        "\"" OTHER "\", failed: moderation}\n"
        "    - {gateway: local, dialect: reverse 2026-07-01, fingerprint: "
        "f" OTHER ", task_id: T-2, sha256: \"" OTHER "\"}\n");
    free(text);
    lock_free(lock);
}

// --- hostile names

static const char *const words[] = {
    "",       "~",      "null",    "true",       "no",
    "5",      "0x1f",   "1e400",   "-",          "- a",
    "? a",    "a: b",   "a #b",    "# a",        "{a: 1",
    "[a",     "'",      "\"",      "\\",         "a\\n",
    "&a",     "*a",     "!!str",   "%a",         "@a",
    "`a",     "|",      ">",       "---",        "...",
    " a",     "a ",     "a  b",    "\ta",        "é",
    "日本",   "😀",      "\u202e",  "\u00a0",     "\xc2\x85",
    ".inf",   "=",      "<<",      "a,b",        "a]",
    "a}",     "0o7",    "12e4",    "\x7f",       "a\nb: c",
    "\r",     "\x01",   "\x1b[2J", "2026-07-01", "\uffff",
    "\ufeff", "\u2028", "1_000",   "+1",         "0xffffffffffffffffffffffff",
};

// As a name may be.
static char *tame(const char *text)
{
    char *tame = xstrdup(text);
    for (char *c = tame; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f ||
            ((unsigned char)*c == 0xc2 && (unsigned char)c[1] < 0xa0))
            memset(c, 'c', (unsigned char)*c == 0xc2 ? 2 : 1);
    return tame;
}

// Words of words, the same each time.
static char *word(unsigned *seed)
{
    struct buf out;
    buf_init(&out, 1 << 16);
    int n = 1 + (int)(*seed >> 16) % 3;
    for (int i = 0; i < n; i++) {
        *seed = *seed * 1103515245u + 12345u;
        buf_str(&out, words[(*seed >> 16) % COUNT(words)]);
    }
    return buf_take(&out);
}

static void expect_round_trip(const char *any, const char *other)
{
    struct value *given = value_list();
    value_add(given, value_str(any));
    char *cell = tame(any), *task_id = tame(other);
    struct lock *lock = lock_new(task_id, given);
    struct lock_entry e = entry(cell, *task_id ? task_id : "T");
    lock_add_cell(lock, cell);
    lock_add(lock, &e);
    char *text = text_of(lock);
    struct lock *back = read_back(text);
    assert_string_equal(lock_recipe(back), task_id);
    assert_true(value_equal(lock_given(back), given));
    assert_int_equal(lock_cells(back), 1);
    assert_string_equal(lock_cell_name(back, 0), cell);
    const struct lock_entry *read = lock_entry_at(back, 0, 0);
    assert_string_equal(read->output, cell);
    assert_string_equal(read->task_id, e.task_id);
    assert_string_equal(read->fingerprint, FP);
    assert_string_equal(read->sha256, OTHER);
    assert_int_equal(read->file, 1);
    char *again = text_of(back);
    assert_string_equal(again, text);
    free(again);
    lock_free(back);
    free(text);
    lock_free(lock);
    value_free(given);
    free(cell);
    free(task_id);
}

static void hostile_texts_come_back(void **state)
{
    (void)state;
    unsigned seed = 7;
    for (size_t i = 0; i < COUNT(words); i++)
        expect_round_trip(words[i], words[COUNT(words) - 1 - i]);
    for (int i = 0; i < 2000; i++) {
        char *cell = word(&seed), *task_id = word(&seed);
        expect_round_trip(cell, task_id);
        free(cell);
        free(task_id);
    }
}

static void a_name_longer_than_a_key(void **state)
{
    (void)state;
    static char name[5001];
    memset(name, 'x', sizeof(name) - 1);
    expect_round_trip(name, "T");
    for (size_t i = 0; i + 2 < sizeof(name); i += 2)
        memcpy(name + i, "é", 2);
    expect_round_trip(name, "T");
}

static void the_order_does_not_matter(void **state)
{
    (void)state;
    char *texts[2];
    for (int back = 0; back < 2; back++) {
        struct lock *lock = lock_new("r", NULL);
        for (int i = 0; i < 40; i++) {
            int n = back ? 39 - i : i;
            char name[16], fingerprint[HASH_HEX];
            snprintf(name, sizeof(name), "r/%d", n / 2);
            snprintf(fingerprint, sizeof(fingerprint), "%064d", n);
            struct lock_entry e = entry(NULL, "T");
            e.fingerprint = fingerprint;
            lock_add_cell(lock, name);
            lock_add(lock, &e);
        }
        texts[back] = text_of(lock);
        struct lock *read = read_back(texts[back]);
        for (int n = 0; n < 40; n++) {
            char fingerprint[HASH_HEX];
            snprintf(fingerprint, sizeof(fingerprint), "%064d", n);
            assert_non_null(lock_find(read, fingerprint));
        }
        assert_null(lock_find(read, FP));
        size_t i;
        assert_true(lock_find_cell(read, "r/7", &i));
        assert_string_equal(lock_cell_name(read, i), "r/7");
        assert_int_equal(lock_entries(read, i), 2);
        assert_false(lock_find_cell(read, "r/70", &i));
        lock_free(read);
        lock_free(lock);
    }
    assert_string_equal(texts[0], texts[1]);
    free(texts[0]);
    free(texts[1]);
}

static void more_than_can_be_read_is_not_written(void **state)
{
    (void)state;
    struct lock *lock = lock_new("r", NULL);
    for (int i = 0; i < 12000; i++) {
        char name[16];
        snprintf(name, sizeof(name), "r/%d", i);
        struct lock_entry e = entry("", "T");
        lock_add_cell(lock, name);
        lock_add(lock, &e);
    }
    struct buf out;
    struct err err;
    buf_init(&out, 16 << 20);
    assert_false(lock_write(lock, &out, &err));
    assert_int_equal(err.kind, ERR_DISK);
    assert_non_null(strstr(err.text, "ten thousand"));
    buf_free(&out);
    lock_free(lock);
}

static void ten_thousand_can_be_read(void **state)
{
    (void)state;
    struct lock *lock = lock_new("r", NULL);
    for (int i = 0; i < 10000; i++) {
        char name[16], fingerprint[HASH_HEX];
        snprintf(name, sizeof(name), "r/%d", i);
        snprintf(fingerprint, sizeof(fingerprint), "%064d", i);
        struct lock_entry e = entry("", "53320216-7d6a-4b8c-8dd2-e7f3535d711b");
        e.fingerprint = fingerprint;
        lock_add_cell(lock, name);
        lock_add(lock, &e);
    }
    char *text = text_of(lock);
    struct lock *back = read_back(text);
    assert_int_equal(lock_cells(back), 10000);
    lock_free(back);
    free(text);
    lock_free(lock);
}

// --- mistakes

#define HEAD "tarmac_lock: 1\nrecipe: r\ncells:\n  a:\n"
#define GOOD "gateway: g, dialect: d, fingerprint: " FP ", "

static const struct {
    const char *text, *says;
} mistakes[] = {
    {"", "empty"},
    {"- a\n", "l:1:1: error: a lock is a map, and this is a list"},
    {"tarmac: 1\n", "l:1:1: error: this is no lock: it has no 'tarmac_lock: "
                    "1'"},
    {"tarmac_lock: 2\nnews: 1\n",
     "l:1:14: error: this lock has format 2, and this tarmac reads 1: a newer "
     "tarmac wrote it\n"},
    {"tarmac_lock: one\n", "l:1:14: error: 'tarmac_lock' is the number 1"},
    {"tarmac_lock: 1\nrecipe: r\ncell: {}\n",
     "l:3:1: error: unknown key 'cell' (did you mean 'cells'?)"},
    {"tarmac_lock: 1\nrecipe: r\ncells: []\n",
     "l:3:8: error: 'cells' is a map of cells"},
    {"tarmac_lock: 1\ncells: {}\n",
     "l:1:1: error: 'recipe' is a text on one line, and it is missing"},
    {"tarmac_lock: 1\nrecipe: r\ngiven: [1]\ncells: {}\n",
     "l:3:9: error: 'given' is a list of texts"},
    {"tarmac_lock: 1\nrecipe: r\ncells: {a: 1}\n",
     "l:3:12: error: a cell is a list of entries, and this is"},
    {HEAD "    - 1\n", "l:5:7: error: a cell's entry is a map"},
    {HEAD "    - {" GOOD "taskid: T}\n",
     "error: unknown key 'taskid' (did you mean 'task_id'?)"},
    {HEAD "    - {" GOOD "sha256: " FP "}\n",
     "l:5:7: error: 'task_id' is missing: which task is it?"},
    {HEAD "    - {gateway: g, dialect: d, task_id: T, fingerprint: abc}\n",
     "l:5:57: error: 'fingerprint' is 64 hex digits\n"},
    {HEAD "    - {" GOOD "task_id: T, sha256: 5}\n",
     "error: 'sha256' is 64 hex digits\n"},
    {HEAD "    - {" GOOD "task_id: T, file: 0}\n",
     "error: 'file' is a number from 1\n"},
    {HEAD "    - {" GOOD "task_id: 5}\n",
     "error: 'task_id' is a text on one line\n"},
    {HEAD "    - {" GOOD "task_id: T}\n  b:\n    - {" GOOD "task_id: U}\n",
     "l:7:7: error: purchase 5a7700000000 stands here twice, and not the same"},
    {HEAD "    - {" GOOD "task_id: T, output: x}\n    - {gateway: g, dialect: "
          "d, fingerprint: \"" OTHER "\", task_id: U, output: x}\n",
     "l:6:7: error: this cell has two of this output"},
    {HEAD "    - {" GOOD "task_id: \"a\\e[2J\"}\n",
     "error: 'task_id' is a text on one line\n"},
    {"tarmac_lock: 1\nrecipe: r\ncells: {\"a\\x9b\": []}\n",
     "l:3:9: error: a cell's name has no such characters\n"},
    {HEAD "    - {" GOOD "task_id: T\n", "l:6:1: error: "},
};

static void mistakes_have_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        struct problems problems;
        problems_init(&problems, "l");
        const char *text = mistakes[i].text;
        assert_null(lock_read(text, strlen(text), &problems));
        struct buf said;
        buf_init(&said, 1 << 16);
        problems_write(&problems, &said);
        if (!strstr(said.data, mistakes[i].says))
            fail_msg("%s\nsays %s\nnot %s", text, said.data, mistakes[i].says);
        buf_free(&said);
        problems_free(&problems);
    }
}

// A lock that was cut, or has one byte of another kind, is read or refused.
static void damage_is_survived(void **state)
{
    (void)state;
    static const char good[] = HEAD "    - {output: \"\", " GOOD "task_id: T, "
                                    "sha256: " FP "}\n";
    for (size_t i = 0; i < sizeof(good) - 1; i++)
        for (int how = 0; how < 4; how++) {
            char *text = xstrdup(good);
            if (how == 0)
                text[i] = '\0';
            else
                text[i] = "\xff:{"[how - 1];
            struct problems problems;
            problems_init(&problems, "l");
            struct lock *lock = lock_read(text, strlen(text), &problems);
            assert_int_equal(lock == NULL, problems.errors > 0);
            lock_free(lock);
            problems_free(&problems);
            free(text);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_written_as_it_is_promised),
        cmocka_unit_test(hostile_texts_come_back),
        cmocka_unit_test(a_name_longer_than_a_key),
        cmocka_unit_test(the_order_does_not_matter),
        cmocka_unit_test(more_than_can_be_read_is_not_written),
        cmocka_unit_test(ten_thousand_can_be_read),
        cmocka_unit_test(mistakes_have_their_place),
        cmocka_unit_test(damage_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
