// What may be told of a purchase, and what is believed of a stranger's clip.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/json.h"
#include "report/embed.h"
#include "report/manifest.h"

#define A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct value *parse(const char *text)
{
    struct err err;
    struct value *v = json_read(text, strlen(text), JSON_STRICT, &err);
    if (!v)
        fail_msg("%s: %s", text, err.text);
    return v;
}

static void assert_json(struct value *v, const char *want)
{
    char *text = json_text(v);
    assert_string_equal(text, want);
    free(text);
    value_free(v);
}

// --- requests

static void what_of_a_request_is_told(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"{\"prompt\":\"a pier\",\"seed\":5,\"motion\":{\"x\":-4.5},"
         "\"flip\":true}",
         NULL, "[]"},
        {"{\"prompt\":\"a\",\"extra\":{\"token\":\"x\"}}", "{\"prompt\":\"a\"}",
         "[\"extra\"]"},
        {"{\"extra.token\":\"x\",\"callback_url\":\"http://h/\",\"key\":\"k\","
         "\"headers\":{\"a\":1}}",
         "{}", "[\"extra.token\",\"callback_url\",\"key\",\"headers\"]"},
        {"{\"image\":\"https://cdn.example/a.png\"}", NULL, "[]"},
        {"{\"image\":\"https://cdn.example/a.png?sig=1\"}", "{}",
         "[\"image\"]"},
        {"{\"image\":\"https://me:pass@cdn.example/a.png\"}", "{}",
         "[\"image\"]"},
        {"{\"image\":\"https://cdn.example/a.png#x\"}", "{}", "[\"image\"]"},
        {"{\"image\":\"/home/me/first.png\"}", "{}", "[\"image\"]"},
        {"{\"image\":\"first.png\"}", "{}", "[\"image\"]"},
        {"{\"image\":\"data:image/png;base64,AAAA\"}", "{}", "[\"image\"]"},
        {"{\"image\":\"file:///etc/passwd\"}", "{}", "[\"image\"]"},
        {"{\"image\":{\"sha256\":\"" A "\"}}", NULL, "[]"},
        {"{\"image\":{\"frame\":\"last\",\"of\":\"" A "\",\"file\":2}}", NULL,
         "[]"},
        {"{\"video\":{\"clip\":\"" A "\"}}", NULL, "[]"},
        {"{\"image\":{\"of\":{\"a\":1}}}", "{}", "[\"image\"]"},
        {"{\"image\":{\"secret\":\"x\"}}", "{}", "[\"image\"]"},
        {"{\"prompt\":{\"secret\":\"x\"}}", "{}", "[\"prompt\"]"},
        {"{\"prompt\":\"as https://u:p@h/ has it\"}", "{}", "[\"prompt\"]"},
        {"{\"prompt\":\"as https://h/a has it?\"}", NULL, "[]"},
        {"{\"motion\":{\"x\":1,\"secret\":2}}", "{\"motion\":{\"x\":1}}",
         "[\"motion.secret\"]"},
        {"{\"seed\":null}", "{}", "[]"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct value *request = parse(rows[i][0]), *left = value_list();
        assert_json(embed_request(request, left),
                    rows[i][1] ? rows[i][1] : rows[i][0]);
        assert_json(left, rows[i][2]);
        value_free(request);
    }
}

// --- the text

static const char *known; // the request of every other purchase
static int asked;

static bool find(void *arg, const char *fingerprint, struct embed_order *order)
{
    (void)arg;
    (void)fingerprint;
    asked++;
    if (!known)
        return false;
    *order = (struct embed_order){.gateway = xstrdup("local"),
                                  .route = xstrdup("generate"),
                                  .take = 2,
                                  .request = parse(known)};
    return true;
}

static char *tell(const char *request, const char *version,
                  char made_of[HASH_HEX])
{
    struct embed_cell cell = {
        .version = version,
        .recipe = "orbit",
        .cell = "orbit/x4",
        .output = "",
        .gateway = "comet",
        .fingerprint = B,
        .task_id = "t-1",
        .order = {.gateway = (char *)"comet",
                  .route = (char *)"generate",
                  .take = 1,
                  .request = parse(request)},
        .find = find,
    };
    asked = 0;
    char *text = embed_text(&cell, made_of);
    value_free(cell.order.request);
    return text;
}

static void it_is_one_line_that_reads_back(void **state)
{
    (void)state;
    char made_of[HASH_HEX], other[HASH_HEX];
    struct err err;
    known = "{\"prompt\":\"wide\"}";
    char *text = tell("{\"prompt\":\"a\\nb\",\"image\":{\"frame\":\"last\","
                      "\"of\":\"" A "\"}}",
                      "1.0", made_of);
    assert_string_equal(
        text, "{\"tarmac\":1,\"version\":\"1.0\",\"recipe\":\"orbit\","
              "\"cell\":\"orbit/x4\",\"gateway\":\"comet\",\"fingerprint\":\"" B
              "\",\"task_id\":\"t-1\",\"route\":\"generate\",\"take\":1,"
              "\"request\":{\"prompt\":\"a\\nb\",\"image\":{\"frame\":\"last\","
              "\"of\":\"" A "\"}},\"of\":{\"" A "\":{\"gateway\":\"local\","
              "\"route\":\"generate\",\"take\":2,\"request\":{\"prompt\":"
              "\"wide\"}}}}");
    struct value *told = embed_read(text, strlen(text), &err);
    assert_non_null(told);
    struct value *same = parse(text);
    assert_true(value_equal(told, same));
    value_free(same);
    value_free(told);
    free(text);

    free(tell("{\"prompt\":\"a\"}", "1.0", made_of));
    free(tell("{\"prompt\":\"a\"}", "2.0", other));
    assert_string_equal(made_of, other); // an upgrade makes nothing again
    free(tell("{\"prompt\":\"b\"}", "1.0", other));
    assert_string_not_equal(made_of, other);
}

static void clips_of_clips_come_to_an_end(void **state)
{
    (void)state;
    char made_of[HASH_HEX];
    known = "{\"image\":{\"frame\":\"last\",\"of\":\"" A "\"},"
            "\"last_image\":{\"frame\":\"last\",\"of\":\"" B "\"}}";
    char *text = tell(known, "1", made_of);
    assert_int_equal(asked, 2);
    free(text);
    known = NULL; // a ledger that was lost
    text = tell("{\"video\":{\"clip\":\"" A "\"}}", "1", made_of);
    assert_null(strstr(text, "\"of\":{"));
    free(text);
}

static void what_is_too_long_is_not_told(void **state)
{
    (void)state;
    char made_of[HASH_HEX];
    char *prompt = xmalloc(EMBED_BYTES_MAX + 1);
    memset(prompt, 'x', EMBED_BYTES_MAX);
    prompt[EMBED_BYTES_MAX] = '\0';
    char *request = xasprintf("{\"prompt\":\"%s\"}", prompt);
    assert_null(tell(request, "1", made_of));
    free(request);
    free(prompt);
}

// --- a stranger's

#define ORDER                                                                  \
    "\"version\":\"1\",\"recipe\":\"r\",\"cell\":\"c\",\"gateway\":\"g\","     \
    "\"fingerprint\":\"" A "\",\"route\":\"generate\",\"take\":1"

static void what_is_not_believed(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "null",
        "[1]",
        "a comment",
        "{}",
        "{\"tarmac\":\"1\"," ORDER "}",
        "{\"tarmac\":2," ORDER "}",
        "{\"tarmac\":1}",
        "{\"tarmac\":1,\"version\":\"1\",\"recipe\":{}}",
        "{\"tarmac\":1,\"tarmac\":1," ORDER "}",
        "{\"tarmac\":1," ORDER ",\"request\":[]}",
        "{\"tarmac\":1," ORDER ",\"request\":{\"extra\":{\"a\":1}}}",
        "{\"tarmac\":1," ORDER ",\"request\":{\"url\":\"http://h/\"}}",
        "{\"tarmac\":1," ORDER ",\"request\":{\"image\":\"/etc/passwd\"}}",
        "{\"tarmac\":1," ORDER ",\"request\":{\"prompt\":[\"a\"]}}",
        "{\"tarmac\":1," ORDER ",\"left_out\":\"image\"}",
        "{\"tarmac\":1," ORDER ",\"left_out\":[1]}",
        "{\"tarmac\":1," ORDER ",\"of\":[]}",
        "{\"tarmac\":1," ORDER ",\"of\":{\"" A "\":{}}}",
        "{\"tarmac\":1," ORDER ",\"of\":{\"short\":{\"route\":\"r\","
        "\"take\":1}}}",
        "{\"tarmac\":1," ORDER ",\"of\":{\"" A "\":{\"route\":\"r\","
        "\"take\":0}}}",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct err err = {0};
        struct value *told = embed_read(texts[i], strlen(texts[i]), &err);
        if (told)
            fail_msg("believed: %s", texts[i]);
        assert_int_equal(err.kind, ERR_FORMAT);
    }
}

static void nothing_else_is_taken(void **state)
{
    (void)state;
    struct err err;
    static const char text[] =
        "{\"tarmac\":1," ORDER ",\"gateways\":{\"g\":{\"url\":\"http://e/\"}},"
        "\"script\":\"x.lua\",\"request\":{\"prompt\":\"a\"},"
        "\"cell\":\"c\"}";
    struct value *told = embed_read(text, sizeof(text) - 1, &err);
    assert_null(told); // said twice: cell
    static const char good[] =
        "{\"tarmac\":1," ORDER ",\"gateways\":{\"g\":{\"url\":\"http://e/\"}},"
        "\"script\":\"x.lua\",\"task_id\":\"\\u001b[2J\"}";
    told = embed_read(good, sizeof(good) - 1, &err);
    assert_non_null(told);
    assert_null(value_get(told, "gateways"));
    assert_null(value_get(told, "script"));
    assert_string_equal(value_get_text(told, "task_id"), "?[2J");
    value_free(told);
}

// --- the manifest's tree

static void what_of_a_recipe_is_told(void **state)
{
    (void)state;
    struct value *tree = parse(
        "{\"request\":{\"prompt\":\"a\",\"extra\":{\"token\":\"x\"},"
        "\"image\":\"/home/me/a.png\",\"video\":\"https://h/a?sig=x\"},"
        "\"sweep\":{\"extra.seed\":[\"x\"],\"image\":[\"~/a.png\",\"b.png\"]},"
        "\"gateways\":{\"g\":{\"url\":\"https://u:p@h\",\"headers\":{\"a\":"
        "\"x\"}}}}");
    assert_json(
        manifest_told(tree, NULL),
        "{\"request\":{\"prompt\":\"a\",\"extra\":\"(left out)\","
        "\"image\":\"(left out)\",\"video\":\"(left out)\"},\"sweep\":{"
        "\"extra.seed\":\"(left out)\",\"image\":[\"(left out)\",\"b.png\"]},"
        "\"gateways\":{\"g\":{\"url\":\"(left out)\",\"headers\":"
        "\"(left out)\"}}}");
    value_free(tree);
}

static void what_stands_in_secrets_only_is_one(void **state)
{
    (void)state;
    struct value *tree = parse(
        "{\"params\":{\"token\":\"t\",\"sig\":{\"default\":\"s\"},\"look\":"
        "\"dusk\",\"size\":3,\"unused\":1},\"request\":{\"prompt\":"
        "\"${look} ${x}\",\"image\":\"https://h/a?sig=${sig}\",\"extra\":"
        "{\"auth\":[\"a ${token}\"],\"look\":\"${look}\"}},\"gateways\":{"
        "\"g\":{\"headers\":{\"a\":\"${size}\"}}}}");
    struct value *secrets = manifest_secrets(tree);
    assert_json(value_copy(secrets),
                "{\"token\":true,\"sig\":true,\"size\":true}");
    struct value *told = manifest_told(tree, secrets);
    assert_json(value_copy(value_get(told, "params")),
                "{\"token\":\"(left out)\",\"sig\":\"(left out)\",\"look\":"
                "\"dusk\",\"size\":\"(left out)\",\"unused\":1}");
    struct value *words = parse("[\"token=x\",\"look=dawn\",\"sig=y\"]");
    assert_json(manifest_words(words, secrets),
                "[\"token=(left out)\",\"look=dawn\",\"sig=(left out)\"]");
    value_free(words);
    value_free(told);
    value_free(secrets);
    value_free(tree);
}

static void what_of_words_is_told(void **state)
{
    (void)state;
    struct value *words = parse(
        "[\"motion.x=[1, 2]\",\"~request.extra\",\"prompt=a "
        "[b\",\"first=../a.png\","
        "\"first=/home/me/a.png\",\"image=~/a.png\",\"image=file:///home/a\","
        "\"video=https://h/a?sig=x\",\"extra.token=x\","
        "\"gateways.g.request.extra.token=x\",\"gateways.g.headers={a: x}\","
        "\"request={prompt: a, extra: {token: x}}\",\"shot=[/home/me/a.png]\","
        "\"sweep.extra.seed=[1]\",\"style={\"]");
    struct value *told = manifest_words(words, NULL);
    assert_json(
        told, "[\"motion.x=[1, 2]\",\"~request.extra\",\"prompt=a "
              "[b\",\"first=../a.png\","
              "\"first=(left out)\",\"image=(left out)\",\"image=(left out)\","
              "\"video=(left out)\",\"extra.token=(left out)\","
              "\"gateways.g.request.extra.token=(left "
              "out)\",\"gateways.g.headers=(left "
              "out)\",\"request=(left out)\",\"shot=(left out)\","
              "\"sweep.extra.seed=(left out)\",\"style=(left out)\"]");
    value_free(words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_of_a_request_is_told),
        cmocka_unit_test(it_is_one_line_that_reads_back),
        cmocka_unit_test(clips_of_clips_come_to_an_end),
        cmocka_unit_test(what_is_too_long_is_not_told),
        cmocka_unit_test(what_is_not_believed),
        cmocka_unit_test(nothing_else_is_taken),
        cmocka_unit_test(what_of_a_recipe_is_told),
        cmocka_unit_test(what_of_words_is_told),
        cmocka_unit_test(what_stands_in_secrets_only_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
