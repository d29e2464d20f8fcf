#include "report/upkeep.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/json.h"
#include "report/summary.h"

static const char *said(struct buf *out)
{
    static char text[4096];
    assert_true(out->len < sizeof(text));
    memcpy(text, out->data, out->len + 1);
    buf_free(out);
    return text;
}

static const char *size_of(int64_t bytes)
{
    struct buf out;
    buf_init(&out, 100);
    bytes_text(bytes, &out);
    return said(&out);
}

static void sizes_are_short(void **state)
{
    (void)state;
    assert_string_equal(size_of(0), "0 bytes");
    assert_string_equal(size_of(1), "1 byte");
    assert_string_equal(size_of(999), "999 bytes");
    assert_string_equal(size_of(1000), "1.0 kB");
    assert_string_equal(size_of(999960), "1.0 MB");
    assert_string_equal(size_of(4100000000), "4.1 GB");
    assert_string_equal(size_of(INT64_MAX), "9223.4 PB");
}

static const char *line_of(struct kept_file file, const char *json)
{
    struct buf out;
    struct value *row = json_read(json, strlen(json), JSON_LENIENT, NULL);
    assert_non_null(row);
    file.row = row;
    buf_init(&out, 4096);
    kept_text(&file, &out);
    value_free(row);
    return said(&out);
}

static void a_finding_is_one_printable_line(void **state)
{
    (void)state;
    assert_string_equal(
        line_of((struct kept_file){.kept = KEPT_MISSING, .path = "a.mp4"},
                "{\"cell\":\"r/x1\",\"task_id\":\"t-1\"}"),
        "  missing     a.mp4  clip of r/x1, task t-1\n");
    assert_string_equal(line_of((struct kept_file){.kept = KEPT_EDITED,
                                                   .output = true,
                                                   .path = "o\x1b[2J.mp4"},
                                "{\"recipe\":\"r\",\"task_id\":\"t-1\"}"),
                        "  edited      o?[2J.mp4  output of r\n");
    assert_string_equal(line_of((struct kept_file){.kept = KEPT_MENDED,
                                                   .path = "a.mp4",
                                                   .more = "out/a.mp4"},
                                "{}"),
                        "  mended      a.mp4: made again of out/a.mp4\n");
    const char *stray =
        line_of((struct kept_file){.kept = KEPT_UNLISTED, .path = "s"}, "{}");
    assert_non_null(strstr(stray, "no row of the ledger"));
}

static const char *next_of(enum kept kept, bool output)
{
    struct buf out;
    struct kept_file file = {.kept = kept, .output = output, .path = "a"};
    buf_init(&out, 4096);
    kept_next(&file, "tarmac run r.yaml", &out);
    return said(&out);
}

static void what_to_type_is_told_where_it_helps(void **state)
{
    (void)state;
    assert_non_null(strstr(next_of(KEPT_MISSING, false), "tarmac run r.yaml"));
    assert_non_null(
        strstr(next_of(KEPT_DAMAGED, false), "tarmac verify --fix"));
    assert_non_null(strstr(next_of(KEPT_ASIDE, false), "tarmac run r.yaml"));
    assert_non_null(strstr(next_of(KEPT_DAMAGED, true), "remove it"));
    assert_string_equal(next_of(KEPT_EDITED, true), "");
    assert_string_equal(next_of(KEPT_MENDED, false), "");
}

static void only_what_was_paid_or_a_bad_disk_is_a_fault(void **state)
{
    (void)state;
    struct kept_sum sum = {.clips = 9, .outputs = 9};
    sum.output[KEPT_EDITED] = sum.output[KEPT_MISSING] = 1;
    sum.output[KEPT_OTHER] = sum.clip[KEPT_UNLISTED] = 1;
    sum.clip[KEPT_MENDED] = 1;
    assert_int_equal(kept_exit(&sum), EXIT_ALL_DELIVERED);
    sum.clip[KEPT_MISSING] = 1;
    assert_int_equal(kept_exit(&sum), EXIT_NOT_DELIVERED);
    sum.clip[KEPT_MISSING] = 0;
    sum.clip[KEPT_DAMAGED] = 1;
    assert_int_equal(kept_exit(&sum), EXIT_NOT_DELIVERED);
    sum.output[KEPT_DAMAGED] = 1;
    assert_int_equal(kept_exit(&sum), EXIT_DISK);
    sum.interrupted = true;
    assert_int_equal(kept_exit(&sum), EXIT_INTERRUPTED);
}

static const char *end_of(const struct kept_sum *sum)
{
    struct buf out;
    buf_init(&out, 4096);
    kept_end_text(sum, &out);
    return said(&out);
}

static void the_last_line_counts(void **state)
{
    (void)state;
    struct kept_sum sum = {.clips = 312, .bytes = 4100000000};
    sum.clip[KEPT_WHOLE] = 312;
    assert_string_equal(end_of(&sum), "312 clips, 4.1 GB: all whole\n");
    sum.clip[KEPT_MENDED] = 1;
    assert_string_equal(end_of(&sum),
                        "312 clips, 4.1 GB: all whole, 1 mended\n");
    sum.clip[KEPT_MENDED] = 0;
    sum.outputs = 1;
    sum.output[KEPT_MISSING] = 1;
    assert_string_equal(end_of(&sum), "312 clips and 1 output, 4.1 GB: all "
                                      "whole; outputs: 1 missing\n");
    sum.clip[KEPT_DAMAGED] = 2;
    assert_string_equal(end_of(&sum), "312 clips and 1 output, 4.1 GB: 2 "
                                      "damaged; outputs: 1 missing\n");
    sum = (struct kept_sum){.clips = 1, .bytes = 5, .interrupted = true};
    assert_string_equal(end_of(&sum),
                        "1 clip, 5 bytes read before the interruption\n");
}

static void prune_says_what_to_type_until_it_is_done(void **state)
{
    (void)state;
    struct prune_sum sum = {0};
    struct buf out;
    buf_init(&out, 4096);
    prune_text(&sum, &out);
    assert_string_equal(said(&out), "nothing to delete\n");
    sum.of[PRUNE_FRAMES].files = 2;
    sum.of[PRUNE_FRAMES].bytes = 3000;
    buf_init(&out, 4096);
    prune_text(&sum, &out);
    const char *text = said(&out);
    assert_non_null(strstr(text, "frames"));
    assert_null(strstr(text, "gateway"));
    assert_non_null(strstr(
        text, "3.0 kB in 2 files; delete with: tarmac prune --delete\n"));
    sum.older = "30d";
    buf_init(&out, 4096);
    prune_text(&sum, &out);
    assert_non_null(
        strstr(said(&out), "with: tarmac prune --delete --older 30d\n"));
    sum.deleted = true;
    buf_init(&out, 4096);
    prune_text(&sum, &out);
    assert_non_null(strstr(said(&out), "3.0 kB in 2 files deleted\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_short),
        cmocka_unit_test(a_finding_is_one_printable_line),
        cmocka_unit_test(what_to_type_is_told_where_it_helps),
        cmocka_unit_test(only_what_was_paid_or_a_bad_disk_is_a_fault),
        cmocka_unit_test(the_last_line_counts),
        cmocka_unit_test(prune_says_what_to_type_until_it_is_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
