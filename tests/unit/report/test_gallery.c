// What the page is given: rows of a ledger as they may be told to others.

#include "../ledger/fixture.h"
#include "data/json.h"
#include "ledger/cells.h"
#include "ledger/runs.h"
#include "report/gallery.h"
#include "report/only.h"
#include "report/telling.h"

// --- sentences and command lines

static void assert_told(const char *text, const char *wanted)
{
    char *told = telling_text(text);
    assert_string_equal(told, wanted);
    free(told);
}

static void sentences(void **state)
{
    (void)state;
    assert_null(telling_text(NULL));
    assert_told("", "");
    assert_told("5 of 6 done; see: tarmac settle",
                "5 of 6 done; see: tarmac settle");
    assert_told("cannot write /home/me/x.mp4: No space",
                "cannot write (left out): No space");
    assert_told("cannot write '/home/me/x'.", "cannot write '(left out)'.");
    assert_told("(~/x, file:///y) a=/etc/passwd",
                "(left out), (left out)) (left out)");
    assert_told("http://h/a and http://h/a?key=1, too",
                "http://h/a and (left out), too");
    assert_told("http://u:p@h/ <http://h/a#b>", "(left out) <(left out)>");
    assert_told("data:image/png;base64,AA\n1 / 2", "(left out)\n1 / 2");
}

static void assert_words(const char *given, const char *wanted,
                         bool wanted_whole)
{
    bool whole;
    struct value *words = json_read(given, strlen(given), JSON_STRICT, NULL);
    struct value *secrets = value_map();
    value_set(secrets, "token", value_bool(true));
    struct value *told = telling_words(words, secrets, &whole);
    char *text = json_text(told);
    assert_string_equal(text, wanted);
    assert_int_equal(whole, wanted_whole);
    free(text);
    value_free(told);
    value_free(secrets);
    value_free(words);
}

static void command_lines(void **state)
{
    (void)state;
    static const char plain[] =
        "[\"run\",\"r.yaml\",\"-p\",\"a=b c\",\"--only\",\"take==2 and a ~= "
        "\\\"token=1\\\"\",\"seconds=5\"]";
    assert_words(plain, plain, true);
    assert_words("[\"-p\",\"token=hush\",\"-ptoken=hush\",\"--param=token="
                 "hush\",\"--par=token=x\"]",
                 "[\"-p\",\"token=(left out)\",\"-ptoken=(left out)\","
                 "\"--param=token=(left out)\",\"--par=token=(left out)\"]",
                 false);
    assert_words(
        "[\"run\",\"/home/me/r.yaml\",\"request.extra.key=1\",\"--out=/tmp/x\","
        "\"image=~/a.png\"]",
        "[\"run\",\"(left out)\",\"request.extra.key=(left "
        "out)\",\"--out=(left out)\","
        "\"image=(left out)\"]",
        false);
}

// --- expressions

static void assert_only(const char *about, const char *row, const char *wanted)
{
    struct buf out;
    struct value *a = json_read(about, strlen(about), JSON_LENIENT, NULL);
    struct value *r = json_read(row, strlen(row), JSON_LENIENT, NULL);
    buf_init(&out, 1 << 20);
    only_write(a, r, &out);
    assert_string_equal(out.data, wanted);
    buf_free(&out);
    value_free(a);
    value_free(r);
}

static void by_values(void **state)
{
    (void)state;
    assert_only("{\"axes\":[],\"takes\":1}", "{\"n\":1}", "");
    assert_only("{\"axes\":[\"motion.x\",\"s\",\"b\",\"z\"],\"takes\":2}",
                "{\"n\":9,\"take\":2,\"axes\":{\"motion.x\":-4.5,\"s\":"
                "\"a\\\"\\\\\\n\\u0001\","
                "\"b\":true,\"z\":null}}",
                "motion.x == -4.5 and s == \"a\\\"\\\\\\n\\001\" and b == "
                "true and "
                "z == nil and take == 2");
    // What turns text around, or cannot be seen, is written as bytes.
    assert_only(
        "{\"axes\":[\"s\"]}",
        "{\"axes\":{\"s\":\"\\u202ea\\u0085\\u00e4\\ufeff\\u2066\"}}",
        "s == "
        "\"\\226\\128\\174a\\194\\133\u00e4\\239\\187\\191\\226\\129\\166\"");
}

static void by_index(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"s", "{\"n\":3,\"axes\":{\"s\":[1]}}"},
        {"s", "{\"n\":3,\"axes\":{\"s\":{\"a\":1}}}"},
        {"s", "{\"n\":3,\"axes\":{}}"},
        {"s", "{\"n\":3,\"axes\":{\"s\":\"a\\u0000b\"}}"},
        {"end", "{\"n\":3,\"axes\":{\"end\":1}}"},
        {"a.if", "{\"n\":3,\"axes\":{\"a.if\":1}}"},
        {"a-b", "{\"n\":3,\"axes\":{\"a-b\":1}}"},
        {"1a", "{\"n\":3,\"axes\":{\"1a\":1}}"},
        {"a..b", "{\"n\":3,\"axes\":{\"a..b\":1}}"},
        {"extra.key", "{\"n\":3,\"axes\":{\"extra.key\":\"hush\"}}"},
        {"s", "{\"n\":3,\"axes\":{\"s\":\"/home/me/a.png\"}}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char *about = xasprintf("{\"axes\":[\"%s\"]}", rows[i][0]);
        assert_only(about, rows[i][1], "index == 3");
        free(about);
    }
    char *text = xmalloc(4001);
    memset(text, 'x', 4000);
    text[4000] = '\0';
    char *row = xasprintf("{\"n\":3,\"axes\":{\"s\":\"%s\"}}", text);
    assert_only("{\"axes\":[\"s\"]}", row, "index == 3");
    free(row);
    free(text);
}

// --- a run

#define ABOUT                                                                  \
    "{\"about\":\"See http://h/?key=hush\",\"file\":\"r.yaml\",\"cells\":4,"   \
    "\"axes\":[\"seed\"],\"takes\":1,\"budget\":5,\"command\":[\"run\","       \
    "\"r.yaml\"],\"again\":[\"run\",\"r.yaml\",\"-p\",\"a=it's\"]}"

static void await_all(struct fixture *f)
{
    struct answer a = {0};
    ledger_write_cells(f->l, ledger_cells_new("none"), on_done, &a);
    assert_true(await(f->loop, &a));
    must(a);
}

// Four cells: one delivered with an extra clip, one failed, one that runs, and
// one that waits.
static void fill(struct fixture *f, const char *run)
{
    static const char request[] =
        "{\"prompt\":\"</script>\",\"extra\":{\"key\":\"hush\"},"
        "\"image\":\"/home/me/hush.png\"}";
    char wanted[HASH_HEX];
    struct ledger_intent in = want(7);
    in.request = request;
    in.run = run;
    struct answer a = intend(f, &in);
    must(a);
    must(accept_as(f, a.result.attempt, "task-7"));
    fetch(f, a.result.attempt);
    must(deliver(f, a.result.attempt, 2));
    snprintf(wanted, sizeof(wanted), "%064d", 7);
    ledger_run_begin(f->l, run, "orbit", "[]", 1000, NULL, NULL);
    ledger_run_about(f->l, run, "orbit", ABOUT, NULL, NULL);
    struct ledger_cells *cells = ledger_cells_new(run);
    for (uint64_t nth = 1; nth <= 4; nth++)
        ledger_cells_add(cells, nth, nth, "orbit/<b>", 1,
                         "{\"seed\":1,\"extra.key\":\"hush\"}");
    for (uint64_t nth = 1; nth <= 3; nth++)
        ledger_cells_began(cells, nth, 2000);
    char *outputs = xasprintf("[{\"output\":\"wide\",\"path\":\"out/a.webm\","
                              "\"fingerprint\":\"%s\",\"clip\":2}]",
                              wanted);
    char *purchases = xasprintf("[\"%064d\",\"%s\",\"junk\"]", 99, wanted);
    struct ledger_cell_end end = {.nth = 1,
                                  .delivered = true,
                                  .outputs = outputs,
                                  .purchases = purchases,
                                  .now_ms = 3000};
    ledger_cells_ended(cells, &end);
    end = (struct ledger_cell_end){.nth = 2,
                                   .kind = "network",
                                   .message =
                                       "/home/me/hush is \xe2\x80\xae gone",
                                   .outputs = "not JSON",
                                   .purchases = "{}",
                                   .now_ms = 3000};
    ledger_cells_ended(cells, &end);
    ledger_write_cells(f->l, cells, NULL, NULL);
    await_all(f);
    free(outputs);
    free(purchases);
}

static void on_cell(void *arg, const struct value *cell)
{
    value_add(arg, value_copy(cell));
}

static const struct value *cell_at(const struct value *list, size_t i,
                                   const char *state)
{
    const struct value *cell = value_at(list, i);
    assert_string_equal(value_get_text(cell, "state"), state);
    return cell;
}

static void assert_delivered(const struct value *cell)
{
    const struct value *clips = value_get(cell, "clips");
    assert_int_equal(value_count(clips), 2);
    const struct value *clip = value_at(clips, 0);
    assert_string_equal(value_get_text(clip, "output"), "wide");
    assert_string_equal(value_get_text(clip, "path"), "out/a.webm");
    assert_string_equal(value_get_text(clip, "file"),
                        "clips/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee.webm");
    assert_string_equal(value_get_text(clip, "poster"),
                        "posters/eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee.jpg");
    assert_null(value_get(clip, "extra"));
    assert_null(value_get(clip, "at"));
    assert_true(value_truth(value_get(value_at(clips, 1), "extra"), false));
    assert_int_equal(value_count(value_get(cell, "purchases")), 1);
    const struct value *p = value_at(value_get(cell, "purchases"), 0);
    char *text = json_text(value_get(p, "request"));
    assert_string_equal(text, "{\"prompt\":\"</script>\"}");
    free(text);
    text = json_text(value_get(p, "left_out"));
    assert_string_equal(text, "[\"extra\",\"image\"]");
    free(text);
    assert_string_equal(value_get_text(cell, "again"),
                        "tarmac run r.yaml -p 'a=it'\\''s' --only 'seed == 1'");
}

static void a_run_of_all_kinds(void **state)
{
    struct fixture *f = *state;
    struct run_lock lock;
    struct err err;
    assert_true(run_lock_take(&lock, f->dir, &err));
    fill(f, lock.id);
    struct ledger *reader = ledger_open_read(f->dir, &err);
    struct gallery *g = gallery_new(reader, f->dir, lock.id, &err);
    assert_non_null(g);
    assert_true(gallery_hold(g, &err));
    assert_int_equal(gallery_recorded(g), 4);
    struct value *cells = value_list();
    assert_true(gallery_cells(g, 0, on_cell, cells, &err));
    assert_int_equal(value_count(cells), 4);
    assert_delivered(cell_at(cells, 0, "delivered"));
    const struct value *failed = cell_at(cells, 1, "failed");
    assert_string_equal(value_get_text(value_get(failed, "error"), "message"),
                        "(left out) is \xe2\x80\xae gone");
    cell_at(cells, 2, "queued"); // admitted, with nothing bought yet
    cell_at(cells, 3, "queued");
    char *text = json_text(cells);
    assert_null(strstr(text, "hush"));
    free(text);

    struct value *head = gallery_head(g, 5000, &err);
    text = json_text(head);
    assert_null(strstr(text, "hush"));
    assert_non_null(strstr(text, "\"alive\":true"));
    assert_non_null(strstr(text, "\"command\":\"tarmac run r.yaml\""));
    assert_non_null(strstr(text, "\"spent\":20,"));
    assert_non_null(strstr(text, "\"budget\":5"));
    free(text);
    value_free(head);

    run_lock_drop(&lock); // killed
    struct value *one = gallery_cell(g, 3, &err);
    assert_string_equal(value_get_text(one, "state"), "unfinished");
    value_free(one);
    assert_null(gallery_cell(g, 5, &err));
    assert_int_equal(err.kind, ERR_NONE);
    value_free(cells);
    gallery_free(g);
    ledger_close(reader);
}

static void a_run_that_nobody_knows(void **state)
{
    struct fixture *f = *state;
    struct err err = {.kind = ERR_DISK};
    assert_null(gallery_new(f->l, f->dir, RUN_A, &err));
    assert_int_equal(err.kind, ERR_NONE);
    ledger_run_begin(f->l, RUN_A, "orbit", "[]", 1000, NULL, NULL);
    await_all(f);
    struct gallery *g = gallery_new(f->l, f->dir, RUN_A, &err);
    assert_int_equal(gallery_recorded(g), 0); // of an earlier tarmac
    struct value *head = gallery_head(g, 5000, &err);
    assert_null(value_get(value_get(head, "run"), "command"));
    value_free(head);
    gallery_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences), cmocka_unit_test(command_lines),
        cmocka_unit_test(by_values), cmocka_unit_test(by_index),
        TEST(a_run_of_all_kinds),    TEST(a_run_that_nobody_knows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
