// Requests that work from an earlier clip.

#include "engine_test.h"

#define FILM "mp4-ftyp"
#define FILM_DATA "data:video/mp4;base64,bXA0LWZ0eXA="
// More than the field "video" takes as text.
#define LONG_FILM                                                              \
    "mp4-ftyp"                                                                 \
    "0123456789012345678901234567890123456789012345678901234567890123456789"

static struct value *clip_of(const struct purchase *source)
{
    struct value *clip = value_map();
    value_set(clip, "clip", value_str(purchase_fingerprint(source)));
    return clip;
}

static struct purchase *ink_of(struct fixture *f, const struct purchase *wide,
                               const char *prompt)
{
    return buy_request(f, request_with(prompt, "video", clip_of(wide)));
}

static int as_film(void **state)
{
    setup(state);
    struct fixture *f = *state;
    f->service.clip = FILM;
    return 0;
}

static void assert_sent(const struct fixture *f, const char *expected)
{
    struct value *body =
        json_read(f->service.body, strlen(f->service.body), JSON_STRICT, NULL);
    assert_string_equal(value_get_text(body, "video"), expected);
    value_free(body);
}

static void assert_sent_address(const struct fixture *f, const char *end)
{
    char *url = xasprintf("%s/clip/1%s", f->url, end);
    assert_sent(f, url);
    free(url);
}

static void assert_not_bought(struct fixture *f, struct purchase *p,
                              const char *why)
{
    int posts = f->service.posts;
    until_settled(f, p);
    assert_failure(p, "invalid", ERR_RECIPE);
    if (!strstr(purchase_failure(p), why))
        fail_msg("%s", purchase_failure(p));
    assert_non_null(strstr(purchase_failure(p), "it was not bought"));
    assert_int_equal(f->service.posts, posts);
}

static void a_clip_goes_as_data(void **state)
{
    struct fixture *f = *state;
    struct purchase *wide = buy_wide(f);
    struct purchase *ink = ink_of(f, wide, "ink");
    assert_false(purchase_settled(ink));
    until_settled(f, ink);
    assert_delivered(ink);
    assert_sent(f, FILM_DATA);
    assert_int_equal(f->service.posts, 2);
}

// It is its purchase, not the bytes that came.
static void clips_name_purchases(void **state)
{
    struct fixture *f = *state;
    struct purchase *wide = buy_wide(f);
    struct purchase *ink = ink_of(f, wide, "ink");
    struct value *first = clip_of(wide);
    value_set(first, "file", value_int(1));
    assert_ptr_equal(buy_request(f, request_with("ink", "video", first)), ink);
    struct value *second = clip_of(wide);
    value_set(second, "file", value_int(2));
    struct purchase *other =
        buy_request(f, request_with("ink", "video", second));
    assert_ptr_not_equal(other, ink);
    assert_not_bought(f, other, "no such file");
    until_settled(f, ink);
    next_run(f);
    int requests = f->service.requests;
    ink = ink_of(f, buy_wide(f), "ink");
    assert_true(purchase_settled(ink));
    assert_delivered(ink);
    assert_int_equal(f->service.requests, requests);
}

static void malformed_clips_are_mistakes(void **state)
{
    struct fixture *f = *state;
    const char *of = purchase_fingerprint(buy_wide(f));
    const struct {
        const char *field;
        char *json;
    } bad[] = {
        {"video", xasprintf("{\"clip\":\"%.10s\"}", of)},
        {"video", xasprintf("{\"clip\":\"../%.61s\"}", of)},
        {"video", xstrdup("{\"clip\":7}")},
        {"video", xasprintf("{\"clip\":\"%s\",\"file\":0}", of)},
        {"video", xasprintf("{\"clip\":\"%s\",\"file\":1.5}", of)},
        {"video", xasprintf("{\"clip\":\"%s\",\"path\":\"/etc/passwd\"}", of)},
        {"video", xasprintf("{\"frame\":\"last\",\"of\":\"%s\"}", of)},
        {"video", xstrdup("{}")},
        {"image", xasprintf("{\"clip\":\"%s\"}", of)},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct value *request = request_of("ink");
        value_set(
            request, bad[i].field,
            json_read(bad[i].json, strlen(bad[i].json), JSON_STRICT, NULL));
        struct order order = {.gateway = &f->gateway,
                              .route = "generate",
                              .request = request,
                              .take = 1,
                              .cell = "cell"};
        struct err err = {.kind = ERR_NONE};
        if (engine_buy(f->engine, &order, &err))
            fail_msg("%s", bad[i].json);
        assert_int_equal(err.kind, ERR_RECIPE);
        assert_int_equal(err.text[0], '\'');
        value_free(request);
        free(bad[i].json);
    }
    assert_int_equal(f->service.posts, 1);
}

static void no_clip_nothing_to_work_from(void **state)
{
    struct fixture *f = *state;
    f->service.ends = "failed";
    struct purchase *wide = buy(f, "wide");
    until_settled(f, wide);
    assert_not_bought(f, ink_of(f, wide, "ink"), "not delivered");
    struct value *nobody = value_map();
    char fingerprint[HASH_HEX];
    hash_bytes("nobody", 6, fingerprint);
    value_set(nobody, "clip", value_str(fingerprint));
    assert_not_bought(f, buy_request(f, request_with("ink", "video", nobody)),
                      "not delivered");
}

static void only_what_was_delivered_is_sent(void **state)
{
    struct fixture *f = *state;
    struct purchase *wide = buy_wide(f);
    const struct clip_row *clip = purchase_clip(wide, 0);
    char *path = store_path(f->store, clip->sha256, clip->ext);
    assert_int_equal(unlink(path), 0);
    assert_true(file_write(path, "mp4+ftyp", clip->size, 0644, NULL));
    assert_not_bought(f, ink_of(f, wide, "ink"), "is not what was delivered");
    assert_int_equal(unlink(path), 0);
    assert_not_bought(f, ink_of(f, wide, "pencil"), "gone from the store");
    free(path);
}

static void one_that_is_too_large_goes_by_its_address(void **state)
{
    struct fixture *f = *state;
    f->service.clip = LONG_FILM;
    struct purchase *wide = buy_wide(f);
    until_settled(f, ink_of(f, wide, "ink"));
    assert_sent_address(f, "");
    f->gateway.loopback = false;
    assert_not_bought(f, ink_of(f, wide, "pencil"), "cannot reach its address");
}

static void only_addresses_where_no_files_are_taken(void **state)
{
    struct fixture *f = *state;
    struct dialect dialect = test_dialect;
    dialect.never_data_uri = true;
    f->gateway.dialect = &dialect;
    struct purchase *wide = buy_wide(f);
    until_settled(f, ink_of(f, wide, "ink"));
    assert_sent_address(f, "");
    next_run(f);
    until_settled(f, ink_of(f, buy_wide(f), "pencil"));
    assert_sent_address(f, "");
}

static int64_t an_hour_later(void *ctx)
{
    (void)ctx;
    return clock_wall_ms(&clock_system) + 3600 * 1000;
}

static int64_t as_ever(void *ctx)
{
    (void)ctx;
    return clock_mono_ms(&clock_system);
}

// The links are other ones now.
static bool told_anew(struct service *s, struct net_call *call)
{
    if (strcmp(net_call_path(call), "/task/task-1") != 0)
        return false;
    char text[128];
    snprintf(text, sizeof(text),
             "{\"status\":\"succeeded\",\"url\":"
             "\"http://127.0.0.1:%d/clip/1?anew\"}",
             s->port);
    say(call, 200, text);
    return true;
}

static bool told_a_path(struct service *s, struct net_call *call)
{
    (void)s;
    if (strcmp(net_call_path(call), "/task/task-1") != 0)
        return false;
    say(call, 200, "{\"status\":\"succeeded\",\"url\":\"/etc/passwd\"}");
    return true;
}

static void an_old_address_is_renewed(void **state)
{
    static const struct clock later = {an_hour_later, as_ever, NULL};
    struct fixture *f = *state;
    struct dialect dialect = test_dialect;
    dialect.never_data_uri = true;
    f->gateway.dialect = &dialect;
    buy_wide(f);
    end_run(f);
    begin_run(f);
    f->config.clock = &later;
    start_engine(f);
    f->service.other = told_anew;
    until_settled(f, ink_of(f, buy_wide(f), "later"));
    assert_sent_address(f, "?anew");
    f->service.other = told_a_path; // no word of it: the old one may do
    until_settled(f, ink_of(f, buy_wide(f), "nameless"));
    assert_sent_address(f, "");
    f->service.other = NULL;
    f->service.silent = true;
    struct purchase *ink = ink_of(f, buy_wide(f), "silent");
    for (int posts = f->service.posts; f->service.posts == posts;)
        turn_once(f);
    assert_sent_address(f, "");
    f->service.silent = false;
    until_settled(f, ink);
}

static void dry_engine_reads_nothing(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.dry = true;
    start_engine(f);
    struct purchase *wide = buy(f, "wide");
    until_settled(f, wide);
    struct purchase *ink = ink_of(f, wide, "ink");
    until_settled(f, ink);
    assert_true(purchase_was_bought_now(ink));
    assert_int_equal(f->service.requests, 0);
}

// Nothing else is said of how long it is to be.
static void a_planned_film_is_as_long_as_the_clip(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.dry = true;
    start_engine(f);
    struct value *request = request_of("wide");
    value_set(request, "seconds", value_int(7));
    struct purchase *wide = buy_request(f, request);
    until_settled(f, wide);
    request = request_with("ink", "video", clip_of(wide));
    value_remove(request, "seconds");
    struct purchase *ink = buy_request(f, request);
    until_settled(f, ink);
    assert_true(purchase_clip(ink, 0)->seconds == 7);
    assert_int_equal(purchase_clip(ink, 0)->width,
                     purchase_clip(wide, 0)->width);
}

// Freed at every moment, and finished by the next run, which orders it again.
static void freed_anywhere(void **state)
{
    struct fixture *f = *state;
    struct dialect dialect = test_dialect;
    for (int turns = 0; turns < 24; turns++) {
        char prompt[32];
        snprintf(prompt, sizeof(prompt), "moment %d", turns);
        dialect.never_data_uri = turns % 2;
        f->gateway.dialect = &dialect;
        struct purchase *wide = buy_wide(f);
        f->service.posts = 0;
        struct purchase *p = ink_of(f, wide, prompt);
        for (int i = 0; i < turns && !purchase_settled(p); i++)
            turn_once(f);
        next_run(f);
        p = ink_of(f, buy_wide(f), prompt);
        until_settled(f, p);
        if (purchase_state(p) != ATTEMPT_UNKNOWN)
            assert_delivered(p);
        assert_in_range(f->service.posts, 0, 1);
    }
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, as_film, teardown)
    const struct CMUnitTest tests[] = {
        EACH(a_clip_goes_as_data),
        EACH(clips_name_purchases),
        EACH(malformed_clips_are_mistakes),
        EACH(no_clip_nothing_to_work_from),
        EACH(only_what_was_delivered_is_sent),
        EACH(one_that_is_too_large_goes_by_its_address),
        EACH(only_addresses_where_no_files_are_taken),
        EACH(an_old_address_is_renewed),
        EACH(dry_engine_reads_nothing),
        EACH(a_planned_film_is_as_long_as_the_clip),
        EACH(freed_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
