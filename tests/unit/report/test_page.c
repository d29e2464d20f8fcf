#include "report/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "data/json.h"

#define NONCE "0123456789abcdef0123456789abcdef"

static const struct page written = {.nonce = NONCE};
static const struct page live = {.nonce = NONCE, .live = true};

static char *page_of(const struct page *page, const struct value *data)
{
    struct buf out;
    buf_init(&out, 2 * PAGE_BYTES_MAX);
    page_begin(page, &out);
    if (data) {
        char *json = json_text(data);
        page_data(json, strlen(json), &out);
        free(json);
    }
    page_end(page, &out);
    assert_false(out.overflow);
    return buf_take(&out);
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

// What stands in the page's data element; owned.
static char *data_in(const char *html)
{
    static const char begins[] =
        "<script type=\"application/json\" id=\"data\">";
    const char *from = strstr(html, begins);
    assert_non_null(from);
    from += strlen(begins);
    const char *end = strstr(from, "</script>");
    assert_non_null(end);
    return xstrndup(from, (size_t)(end - from));
}

static struct value *data_with(const char *prompt, size_t len)
{
    struct value *data = value_map();
    value_set(data, "head", value_map());
    struct value *cell = value_map();
    value_set(cell, "name", value_strn(prompt, len));
    value_add(value_set(data, "cells", value_list()), cell);
    return data;
}

static void every_mark_is_filled(void **state)
{
    (void)state;
    struct value *data = data_with("a pier", 6);
    char *html = page_of(&written, data), *served = page_of(&live, NULL);
    for (const char **text = (const char *[]){html, served, NULL}; *text;
         text++) {
        assert_int_equal(count(*text, "<!--"), 0);
        assert_int_equal(count(*text, "\"NONCE\""), 0);
        assert_int_equal(count(*text, "nonce=\"" NONCE "\""), 3);
        assert_int_equal(count(*text, PAGE_GENERATOR), 1);
        assert_int_equal(count(*text, "default-src 'none'"), 1);
    }
    assert_int_equal(count(html, "\"#main\":\"data:text/javascript;base64,"),
                     1);
    assert_int_equal(count(html, "connect-src"), 0);
    assert_int_equal(count(served, "\"#main\":\"./page/main.js\""), 1);
    assert_int_equal(count(served, "connect-src 'self'"), 1);
    assert_int_equal(count(served, "id=\"data\""), 0);
    free(served);
    free(html);
    value_free(data);
}

// Whatever a prompt says, the data ends where we end it, and says the same.
static void hostile_prompts_stay_data(void **state)
{
    (void)state;
    char *long_one = xmalloc(10001);
    memset(long_one, '<', 10000);
    long_one[10000] = '\0';
    static const char with_nul[] = "a\0</script>";
    const char *const prompts[] = {
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "]]> & &lt; NONCE <!--DATA--> <!--STYLE-->",
        "a\xe2\x80\xa8"
        "b\xe2\x80\xa9"
        "c\xe2\x80\xaa",
        "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xe2\x80\xae\xf0\x9f\x8e\xac",
        "\"\\u003c\\",
        with_nul,
        long_one,
    };
    for (size_t i = 0; i < sizeof(prompts) / sizeof(*prompts); i++) {
        size_t len =
            prompts[i] == with_nul ? sizeof(with_nul) - 1 : strlen(prompts[i]);
        struct value *data = data_with(prompts[i], len);
        char *html = page_of(&written, data), *text = data_in(html);
        assert_null(strpbrk(text, "<>&"));
        assert_null(strstr(text, "\xe2\x80\xa8"));
        assert_null(strstr(text, "\xe2\x80\xa9"));
        struct value *back = json_read(text, strlen(text), JSON_LENIENT, NULL);
        assert_true(value_equal(back, data));
        value_free(back);
        value_free(data);
        free(text);
        free(html);
    }
    free(long_one);
}

static void what_is_not_text_is_replaced(void **state)
{
    (void)state;
    struct value *data = data_with("a\xff\xe2\x80", 4);
    char *html = page_of(&written, data), *text = data_in(html);
    assert_non_null(strstr(text, "\"name\":\"a\xef\xbf\xbd"));
    value_free(data);
    free(text);
    free(html);
}

// A part at a time, cut anywhere but in a character.
static void data_may_come_in_parts(void **state)
{
    (void)state;
    struct buf whole, parts;
    static const char json[] = "[\"<a>&\"]";
    buf_init(&whole, 100);
    buf_init(&parts, 100);
    page_data(json, sizeof(json) - 1, &whole);
    for (size_t i = 0; i < sizeof(json) - 1; i++)
        page_data(json + i, 1, &parts);
    assert_string_equal(whole.data, "[\"\\u003ca\\u003e\\u0026\"]");
    assert_string_equal(whole.data, parts.data);
    buf_free(&whole);
    buf_free(&parts);
}

static void modules_have_names(void **state)
{
    (void)state;
    size_t len = 0;
    const char *text = page_module("main.js", &len);
    assert_non_null(text);
    assert_int_equal(strlen(text), len);
    static const char *const none[] = {"main",     "main.css",   "../main.js",
                                       ".js",      "MAIN.js",    "",
                                       "main.js/", "index.html", NULL};
    for (const char *const *name = none; *name; name++)
        assert_null(page_module(*name, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mark_is_filled),
        cmocka_unit_test(hostile_prompts_stay_data),
        cmocka_unit_test(what_is_not_text_is_replaced),
        cmocka_unit_test(data_may_come_in_parts),
        cmocka_unit_test(modules_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
