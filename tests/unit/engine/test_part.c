// What may be put together to a clip, as tables.

#include "engine/part.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"

#define URL "http://h/clip.mp4"
#define KIB ((int64_t)1024)
#define TOTAL (1000 * KIB)
#define FROM (500 * KIB)
#define REST "bytes 512000-1023999/1024000"

static struct part_facts facts_of(const char *etag, const char *modified)
{
    return (struct part_facts){.url = xstrdup(URL),
                               .etag = xstrdup(etag),
                               .modified = xstrdup(modified),
                               .total = TOTAL};
}

// --- where to go on
static void start_leaves_an_overlap(void **state)
{
    (void)state;
    static const struct {
        int64_t total, size, from;
    } rows[] = {
        {TOTAL, FROM, FROM - PART_OVERLAP},
        {TOTAL, TOTAL, TOTAL - PART_OVERLAP},
        {TOTAL, PART_OVERLAP + 1, 1},
        {TOTAL, PART_OVERLAP, 0},
        {TOTAL, 0, 0},
        {TOTAL, TOTAL + 1, 0}, // more than there is
        {0, FROM, 0},          // of a length that nobody told
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct part_facts facts = {.total = rows[i].total};
        assert_int_equal(part_start(&facts, rows[i].size), rows[i].from);
    }
}

// --- what is asked
static void asks_for_the_rest_of_the_same(void **state)
{
    (void)state;
    static const struct {
        const char *etag, *url;
        int64_t from;
        size_t n; // headers
    } rows[] = {
        {"\"a\"", URL, FROM, 2},
        {"\"a\"", URL, 0, 0},
        {"\"\"", URL, FROM, 2},
        {NULL, URL, FROM, 1},
        {"W/\"a\"", URL, FROM, 1},
        {"a", URL, FROM, 1},
        {"\"", URL, FROM, 1},
        {"\"a\"b\"", URL, FROM, 1},
        {"\"a\r\nX: y\"", URL, FROM, 1}, // a note that somebody wrote
        {"\"a\x7f\"", URL, FROM, 1},
        {"\"a\"", URL "?again", FROM, 1},
        {"\"a\"", NULL, FROM, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct part_facts facts = facts_of(rows[i].etag, NULL);
        struct part_ask ask;
        part_ask(&ask, &facts, rows[i].url, rows[i].from);
        assert_int_equal(ask.n, rows[i].n);
        if (ask.n > 0) {
            assert_string_equal(ask.headers[0].name, "Range");
            assert_string_equal(ask.headers[0].value, "bytes=512000-");
        }
        if (ask.n > 1) {
            assert_string_equal(ask.headers[1].name, "If-Range");
            assert_string_equal(ask.headers[1].value, rows[i].etag);
        }
        part_free(&facts);
    }
}

// --- what is answered
struct offer {
    long status;
    const char *range, *etag, *modified, *encoding;
    enum part_offer is;
};

static void offer_is(const struct offer *row, const char *etag,
                     const char *modified, int64_t from)
{
    const struct net_header all[] = {{"content-range", row->range},
                                     {"etag", row->etag},
                                     {"last-modified", row->modified},
                                     {"content-encoding", row->encoding}};
    struct net_header headers[4];
    struct net_response response = {.status = row->status, .headers = headers};
    for (size_t i = 0; i < 4; i++)
        if (all[i].value)
            headers[response.n_headers++] = all[i];
    struct part_facts facts = facts_of(etag, modified);
    enum part_offer is = part_offered(&facts, from, &response);
    if (is != row->is)
        fail_msg("%ld %s: %d, not %d", row->status,
                 row->range ? row->range : "", is, row->is);
    part_free(&facts);
}

static void takes_only_the_rest_of_the_same(void **state)
{
    (void)state;
    static const struct offer rows[] = {
        {200, .is = PART_WHOLE},
        {200, .etag = "\"b\"", .is = PART_WHOLE},
        {206, REST, .is = PART_REST},
        {206, "BYTES 512000-1023999/1024000", .is = PART_REST},
        {206, "bytes 512000-600000/1024000", .is = PART_REST}, // a part of it
        {206, REST, .etag = "\"a\"", .modified = "today", .is = PART_REST},
        {206, REST, .encoding = "identity", .is = PART_REST},
        {206, REST, .encoding = "", .is = PART_REST},
        {206, REST, .encoding = "gzip", .is = PART_OTHER},
        {206, REST, .etag = "\"b\"", .is = PART_OTHER},
        {206, REST, .etag = "W/\"a\"", .is = PART_OTHER},
        {206, REST, .modified = "today", .is = PART_OTHER},
        {206, .is = PART_OTHER},
        {206, "bytes 511999-1023999/1024000", .is = PART_OTHER},
        {206, "bytes 512001-1023999/1024000", .is = PART_OTHER},
        {206, "bytes 0-1023999/1024000", .is = PART_OTHER},
        {206, "bytes 512000-1023999/1024001", .is = PART_OTHER},
        {206, "bytes 512000-1024000/1024000", .is = PART_OTHER},
        {206, "bytes 512000-511999/1024000", .is = PART_OTHER},
        {206, "bytes 512000-1023999/*", .is = PART_OTHER},
        {206, "bytes */1024000", .is = PART_OTHER},
        {206, "bytes=512000-1023999/1024000", .is = PART_OTHER},
        {206, "512000-1023999/1024000", .is = PART_OTHER},
        {206, "bytes 512000-1023999/1024000 ", .is = PART_OTHER},
        {206, "bytes 512000-1023999/1024000, 1-2/3", .is = PART_OTHER},
        {206, "bytes +512000-1023999/1024000", .is = PART_OTHER},
        {206, "bytes -1-1023999/1024000", .is = PART_OTHER},
        {206, "bytes 512000-9999999999999999999/1024000", .is = PART_OTHER},
        {206, "bytes 512000-", .is = PART_OTHER},
        {206, "bytes ", .is = PART_OTHER},
        {206, "", .is = PART_OTHER},
        {204, REST, .is = PART_OTHER},
        {201, .is = PART_OTHER},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        offer_is(&rows[i], "\"a\"", "yesterday", FROM);
}

static void a_date_counts_where_nothing_better_is_said(void **state)
{
    (void)state;
    static const struct offer rows[] = {
        {206, REST, .modified = "yesterday", .is = PART_REST},
        {206, REST, .modified = "today", .is = PART_OTHER},
        {206, REST, .etag = "\"b\"", .is = PART_REST}, // none was said before
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        offer_is(&rows[i], NULL, "yesterday", FROM);
}

static void without_a_range_only_200_is_a_clip(void **state)
{
    (void)state;
    static const struct offer rows[] = {
        {200, .is = PART_WHOLE},
        {206, REST, .is = PART_NONE},
        {206, "bytes 0-1023999/1024000", .is = PART_NONE},
        {204, .is = PART_NONE},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        offer_is(&rows[i], "\"a\"", NULL, 0);
}

static void learns_a_length_that_counts(void **state)
{
    (void)state;
    static const struct {
        const char *length, *other, *value;
        int64_t total;
    } rows[] = {
        {"1024000", NULL, NULL, TOTAL},
        {"1024000", "content-encoding", "identity", TOTAL},
        {"1024000", "content-encoding", "br", 0},
        {"1024000", "transfer-encoding", "chunked", 0},
        {"0", NULL, NULL, 0},
        {"", NULL, NULL, 0},
        {"-5", NULL, NULL, 0},
        {"12 34", NULL, NULL, 0},
        {"1e9", NULL, NULL, 0},
        {"999999999999999999", NULL, NULL, 999999999999999999},
        {"1000000000000000000", NULL, NULL, 0},
        {NULL, NULL, NULL, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct net_header headers[4] = {{"etag", "\"a\""}};
        struct net_response response = {
            .status = 200, .headers = headers, .n_headers = 1};
        if (rows[i].length)
            headers[response.n_headers++] =
                (struct net_header){"content-length", rows[i].length};
        if (rows[i].other)
            headers[response.n_headers++] =
                (struct net_header){rows[i].other, rows[i].value};
        struct part_facts facts = facts_of("\"old\"", "old");
        part_learn(&facts, URL, &response);
        assert_int_equal(facts.total, rows[i].total);
        if (facts.total > 0)
            assert_string_equal(facts.etag, "\"a\"");
        assert_null(facts.modified);
        part_free(&facts);
    }
}

// --- the note
static const struct part_owner owner = {
    .attempt = 7, .n = 2, .task_id = "task-1", .boot = "b1"};

static bool reads(const char *text, struct part_owner whose)
{
    struct part_facts facts;
    bool read = part_noted(text, strlen(text), &whose, &facts);
    part_free(&facts);
    return read;
}

static void a_note_comes_back(void **state)
{
    (void)state;
    struct part_facts facts = facts_of("\"a\\\"\x01", NULL), back;
    char *text = part_note(&facts, &owner);
    assert_true(part_noted(text, strlen(text), &owner, &back));
    assert_string_equal(back.url, URL);
    assert_string_equal(back.etag, facts.etag);
    assert_null(back.modified);
    assert_int_equal(back.total, TOTAL);
    part_free(&facts);
    part_free(&back);
    free(text);
}

static void a_note_of_another_is_none(void **state)
{
    (void)state;
    struct part_facts facts = facts_of(NULL, NULL);
    char *text = part_note(&facts, &owner);
    struct part_owner attempt = owner, n = owner, task = owner, boot = owner;
    attempt.attempt = 8;
    n.n = 1;
    task.task_id = "task-2";
    boot.boot = "b2";
    assert_true(reads(text, owner));
    assert_false(reads(text, attempt));
    assert_false(reads(text, n));
    assert_false(reads(text, task));
    assert_false(reads(text, boot));
    boot.boot = NULL; // not told: nothing is believed
    task.task_id = NULL;
    assert_false(reads(text, boot));
    assert_false(reads(text, task));
    text[strlen(text) - 1] = '\0'; // cut
    assert_false(reads(text, owner));
    part_free(&facts);
    free(text);
}

static void what_is_no_note_is_none(void **state)
{
    (void)state;
#define MINE "{\"attempt\":7,\"n\":2,\"task\":\"task-1\",\"boot\":\"b1\","
    static const char *const rows[] = {
        "",
        "null",
        "[]",
        "{}",
        "7",
        MINE "\"url\":\"u\"}",
        MINE "\"url\":\"u\",\"total\":0}",
        MINE "\"url\":\"u\",\"total\":-5}",
        MINE "\"url\":\"u\",\"total\":\"5\"}",
        MINE "\"url\":\"u\",\"total\":5.5}",
        MINE "\"url\":5,\"total\":5}",
        MINE "\"url\":\"u\",\"total\":5,\"n\":2}", // said twice
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_false(reads(rows[i], owner));
    assert_true(reads(MINE "\"url\":\"u\",\"total\":5}", owner));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_leaves_an_overlap),
        cmocka_unit_test(asks_for_the_rest_of_the_same),
        cmocka_unit_test(takes_only_the_rest_of_the_same),
        cmocka_unit_test(a_date_counts_where_nothing_better_is_said),
        cmocka_unit_test(without_a_range_only_200_is_a_clip),
        cmocka_unit_test(learns_a_length_that_counts),
        cmocka_unit_test(a_note_comes_back),
        cmocka_unit_test(a_note_of_another_is_none),
        cmocka_unit_test(what_is_no_note_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
