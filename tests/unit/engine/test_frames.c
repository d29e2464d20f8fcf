// Requests that begin with a frame of an earlier clip.

#include "engine_test.h"

static struct value *frame_of(const struct purchase *source,
                              struct value *selector)
{
    struct value *frame = value_map();
    value_set(frame, "frame", selector);
    value_set(frame, "of", value_str(purchase_fingerprint(source)));
    return frame;
}

static struct purchase *close_of(struct fixture *f, const struct purchase *wide,
                                 const char *prompt, const char *which)
{
    struct value *image = frame_of(wide, value_str(which));
    return buy_request(f, request_with(prompt, "image", image));
}

// The image of the last order, owned.
static char *image_sent(const struct fixture *f)
{
    struct value *body =
        json_read(f->service.body, strlen(f->service.body), JSON_STRICT, NULL);
    char *image = xstrdup(value_get_text(body, "image"));
    value_free(body);
    return image;
}

static void assert_sent(const struct fixture *f, const char *expected)
{
    char *image = image_sent(f);
    assert_string_equal(image, expected);
    free(image);
}

static void remove_frames(const struct fixture *f)
{
    char *dir = path_join(f->state, "frames");
    scratch_remove(dir);
    free(dir);
}

// "\x89PNG\r\n\x1a\n" and what it is a picture of, in base64.
#define PNG_LAST "data:image/png;base64,iVBORw0KGgpsYXN0"
#define PNG_1_5 "data:image/png;base64,iVBORw0KGgoxLjU="

static void frame_is_cut_and_sent(void **state)
{
    struct fixture *f = *state;
    struct purchase *wide = buy_wide(f);
    struct purchase *close = close_of(f, wide, "close", "last");
    assert_false(purchase_settled(close));
    until_settled(f, close);
    assert_delivered(close);
    assert_sent(f, PNG_LAST);
    // The worker refuses to write a file that is there: this one is used.
    until_settled(f, close_of(f, wide, "closer", "last"));
    assert_sent(f, PNG_LAST);
    struct value *image = frame_of(wide, value_real(1.5));
    until_settled(f, buy_request(f, request_with("close", "image", image)));
    assert_sent(f, PNG_1_5);
    assert_int_equal(f->service.posts, 4);
}

// A frame is named by its clip, not by its pixels or how it was written.
static void frames_name_purchases(void **state)
{
    struct fixture *f = *state;
    struct purchase *wide = buy_wide(f);
    struct purchase *close = close_of(f, wide, "close", "last");
    struct value *image = frame_of(wide, value_str("last"));
    value_set(image, "file", value_int(1));
    assert_ptr_equal(buy_request(f, request_with("close", "image", image)),
                     close);
    assert_ptr_not_equal(close_of(f, wide, "close", "first"), close);
    until_settled(f, close);
    remove_frames(f);
    next_run(f);
    wide = buy_wide(f);
    close = close_of(f, wide, "close", "last");
    assert_true(purchase_settled(close));
    assert_delivered(close);
}

// Why an order with this image is refused; the image is taken.
static struct err refusal_of(struct fixture *f, struct value *image)
{
    struct value *request = request_with("close", "image", image);
    struct order order = {.gateway = &f->gateway,
                          .route = "generate",
                          .request = request,
                          .take = 1,
                          .cell = "cell"};
    struct err err = {.kind = ERR_NONE};
    assert_null(engine_buy(f->engine, &order, &err));
    assert_int_equal(err.kind, ERR_RECIPE);
    value_free(request);
    return err;
}

static void malformed_frames_are_mistakes(void **state)
{
    struct fixture *f = *state;
    struct purchase *wide = buy_wide(f);
    const char *of = purchase_fingerprint(wide);
    char *bad[] = {
        xasprintf("{\"frame\":\"middle\",\"of\":\"%s\"}", of),
        xasprintf("{\"frame\":-1,\"of\":\"%s\"}", of),
        xasprintf("{\"frame\":true,\"of\":\"%s\"}", of),
        xasprintf("{\"of\":\"%s\"}", of),
        xasprintf("{\"frame\":\"last\",\"of\":\"%.10s\"}", of),
        xasprintf("{\"frame\":\"last\",\"of\":\"../%.61s\"}", of),
        xasprintf("{\"frame\":\"last\",\"of\":\"%s\",\"file\":0}", of),
        xasprintf("{\"frame\":\"last\",\"of\":\"%s\",\"file\":1.5}", of),
        xasprintf("{\"frame\":\"last\",\"of\":\"%s\",\"x\":1}", of),
        xstrdup("{}"),
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct err err =
            refusal_of(f, json_read(bad[i], strlen(bad[i]), JSON_STRICT, NULL));
        assert_non_null(strstr(err.text, "'image': "));
        free(bad[i]);
    }
    assert_int_equal(f->service.posts, 1);
}

static void assert_not_bought(struct fixture *f, struct purchase *p,
                              enum err_kind err, const char *why)
{
    int posts = f->service.posts;
    until_settled(f, p);
    assert_failure(p, "invalid", err);
    if (!strstr(purchase_failure(p), why))
        fail_msg("%s", purchase_failure(p));
    assert_non_null(strstr(purchase_failure(p), "it was not bought"));
    assert_int_equal(f->service.posts, posts);
}

static void no_clip_no_frame(void **state)
{
    struct fixture *f = *state;
    f->service.ends = "failed";
    struct purchase *wide = buy(f, "wide");
    until_settled(f, wide);
    assert_not_bought(f, close_of(f, wide, "close", "last"), ERR_RECIPE,
                      "not delivered");
    f->service.ends = "succeeded";
    wide = buy(f, "wider");
    until_settled(f, wide);
    struct value *image = frame_of(wide, value_str("last"));
    value_set(image, "file", value_int(2));
    assert_not_bought(f, buy_request(f, request_with("close", "image", image)),
                      ERR_RECIPE, "no such file");
    const struct clip_row *clip = purchase_clip(wide, 0);
    char *path = store_path(f->store, clip->sha256, clip->ext);
    assert_int_equal(unlink(path), 0);
    free(path);
    assert_not_bought(f, close_of(f, wide, "close", "last"), ERR_RECIPE,
                      "gone from the store");
}

static void clip_that_gives_no_frame(void **state)
{
    struct fixture *f = *state;
    f->service.clip = "FAKEVIDEO NOFRAME";
    struct purchase *wide = buy_wide(f);
    assert_not_bought(f, close_of(f, wide, "close", "last"), ERR_NONE,
                      "no video");
}

static const struct field small_fields[] = {
    {.name = "prompt", .type = FIELD_TEXT, .required = true},
    {.name = "image", .type = FIELD_FILE, .bytes_max = 30},
    {.name = "seconds", .type = FIELD_NUMBER},
};
static const struct field_table small_table = {
    .dialect = "test", .route = "generate", .fields = small_fields, .n = 3};

static const struct field_table *small_fields_of(void *ctx, const char *route)
{
    (void)ctx, (void)route;
    return &small_table;
}

static void a_picture_larger_than_the_service_takes(void **state)
{
    struct fixture *f = *state;
    struct dialect dialect = test_dialect;
    dialect.fields = small_fields_of;
    f->gateway.dialect = &dialect;
    struct purchase *wide = buy_wide(f);
    assert_not_bought(f, close_of(f, wide, "close", "last"), ERR_RECIPE,
                      "this service takes at most 30");
}

static void only_addresses_where_no_files_are_taken(void **state)
{
    struct fixture *f = *state;
    struct dialect dialect = test_dialect;
    dialect.never_data_uri = true;
    f->gateway.dialect = &dialect;
    f->service.frame = LAST_FRAME;
    struct purchase *wide = buy_wide(f);
    until_settled(f, close_of(f, wide, "close", "last"));
    assert_sent(f, LAST_FRAME);
    assert_int_equal(f->service.posts, 2);

    struct err err = refusal_of(f, frame_of(wide, value_str("first")));
    assert_non_null(strstr(err.text, "only the last"));

    f->service.frame = NULL;
    wide = buy(f, "without");
    until_settled(f, wide);
    assert_not_bought(f, close_of(f, wide, "close", "last"), ERR_RECIPE,
                      "by their address only");
    // It is known over runs, and not needed for what was bought.
    next_run(f);
    wide = buy_wide(f);
    assert_true(purchase_settled(close_of(f, wide, "close", "last")));
    until_settled(f, close_of(f, wide, "closer", "last"));
    assert_sent(f, LAST_FRAME);
    f->gateway.loopback = false;
    assert_not_bought(f, close_of(f, wide, "closest", "last"), ERR_RECIPE,
                      "cannot reach its address");
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

static void an_old_address_is_renewed(void **state)
{
    static const struct clock later = {an_hour_later, as_ever, NULL};
    struct fixture *f = *state;
    struct dialect dialect = test_dialect;
    dialect.never_data_uri = true;
    f->gateway.dialect = &dialect;
    f->service.frame = LAST_FRAME;
    struct purchase *wide = buy_wide(f);
    int polls = f->service.sales[0].polls;
    f->service.frame = LAST_FRAME "?renewed";
    until_settled(f, close_of(f, wide, "at once", "last"));
    assert_sent(f, LAST_FRAME);
    assert_int_equal(f->service.sales[0].polls, polls);

    end_run(f);
    begin_run(f);
    f->config.clock = &later;
    start_engine(f);
    wide = buy_wide(f);
    until_settled(f, close_of(f, wide, "later", "last"));
    assert_sent(f, LAST_FRAME "?renewed");
    assert_int_equal(f->service.sales[0].polls, polls + 1);

    f->service.frame = NULL; // it has no word of it: the old one may do
    until_settled(f, close_of(f, wide, "nameless", "last"));
    assert_sent(f, LAST_FRAME);
    assert_int_equal(f->service.posts, 4);
}

static void dry_engine_cuts_nothing(void **state)
{
    struct fixture *f = *state;
    end_run(f);
    begin_run(f);
    f->config.dry = true;
    start_engine(f);
    struct purchase *wide = buy(f, "wide");
    until_settled(f, wide);
    struct purchase *close = close_of(f, wide, "close", "last");
    until_settled(f, close);
    assert_true(purchase_was_bought_now(close));
    char *dir = path_join(f->state, "frames");
    assert_false(path_exists(dir));
    free(dir);
}

// Freed at every moment, and finished by the next run, which orders it again.
static void freed_anywhere(void **state)
{
    struct fixture *f = *state;
    struct purchase *wide = buy_wide(f);
    for (int turns = 0; turns < 24; turns++) {
        char prompt[32];
        snprintf(prompt, sizeof(prompt), "moment %d", turns);
        remove_frames(f);
        f->service.posts = 0;
        struct purchase *p = close_of(f, wide, prompt, "last");
        for (int i = 0; i < turns && !purchase_settled(p); i++)
            turn_once(f);
        next_run(f);
        wide = buy_wide(f);
        p = close_of(f, wide, prompt, "last");
        until_settled(f, p);
        if (purchase_state(p) != ATTEMPT_UNKNOWN)
            assert_delivered(p);
        assert_in_range(f->service.posts, 0, 1);
    }
}

static void stopped_anywhere(void **state)
{
    struct fixture *f = *state;
    struct purchase *wide = buy_wide(f);
    for (int turns = 0; turns < 12; turns++) {
        char prompt[32];
        snprintf(prompt, sizeof(prompt), "moment %d", turns);
        remove_frames(f);
        struct purchase *p = close_of(f, wide, prompt, "last");
        for (int i = 0; i < turns && !purchase_settled(p); i++)
            turn_once(f);
        engine_stop(f->engine);
        until_settled(f, p);
        next_run(f);
        wide = buy_wide(f);
    }
}

int main(void)
{
#define EACH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        EACH(frame_is_cut_and_sent),
        EACH(frames_name_purchases),
        EACH(malformed_frames_are_mistakes),
        EACH(no_clip_no_frame),
        EACH(clip_that_gives_no_frame),
        EACH(a_picture_larger_than_the_service_takes),
        EACH(only_addresses_where_no_files_are_taken),
        EACH(an_old_address_is_renewed),
        EACH(dry_engine_cuts_nothing),
        EACH(freed_anywhere),
        EACH(stopped_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
