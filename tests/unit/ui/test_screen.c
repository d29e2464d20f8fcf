#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/screen.h"

#define HIGH 40
#define WIDE 40

// A terminal that knows what screen_draw() writes, and nothing else. ASCII.
struct model {
    char cells[HIGH][WIDE + 1];
    int x, y, columns, lines;
    bool holds;
    int written; // characters
};

static void wipe(struct model *m, int y, int from)
{
    memset(m->cells[y] + from, ' ', (size_t)(WIDE - from));
}

static void begin(struct model *m, int columns, int lines)
{
    *m = (struct model){.columns = columns, .lines = lines};
    for (int y = 0; y < HIGH; y++)
        wipe(m, y, 0);
}

static void newline(struct model *m)
{
    if (++m->y < m->lines)
        return;
    memmove(m->cells[0], m->cells[1], sizeof(m->cells[0]) * (HIGH - 1));
    wipe(m, m->lines - 1, 0);
    m->y = m->lines - 1;
}

static void put(struct model *m, char c)
{
    if (m->x == m->columns) {
        newline(m);
        m->x = 0;
    }
    m->cells[m->y][m->x++] = c;
    m->written++;
}

static const char *control(struct model *m, const char *s)
{
    char *end;
    assert_int_equal(s[1], '[');
    if (s[2] == '?') {
        assert_memory_equal(s + 3, "2026", 4);
        assert_true(m->holds == (s[7] == 'l'));
        m->holds = s[7] == 'h';
        return s + 8;
    }
    int n = (int)strtol(s + 2, &end, 10);
    if (*end == 'A')
        m->y = m->y > n ? m->y - n : 0;
    else if (*end == 'B')
        m->y = m->y + n < m->lines ? m->y + n : m->lines - 1;
    else if (*end == 'K' || *end == 'J')
        wipe(m, m->y, m->x < m->columns ? m->x : m->columns - 1);
    else
        assert_int_equal(*end, 'm');
    for (int y = m->y + 1; *end == 'J' && y < m->lines; y++)
        wipe(m, y, 0);
    return end + 1;
}

static void write_to(struct model *m, const char *s)
{
    m->written = 0;
    while (*s) {
        if (*s == '\033') {
            s = control(m, s);
            continue;
        }
        if (*s == '\n') {
            newline(m);
            m->x = 0;
        } else if (*s == '\r')
            m->x = 0;
        else
            put(m, *s);
        s++;
    }
    assert_false(m->holds);
}

static void draw(struct screen *screen, struct model *m, const char *above,
                 const char *picture, bool all)
{
    struct buf out;
    buf_init(&out, 100000);
    screen_draw(screen, above, picture, m->columns, m->lines, all, &out);
    write_to(m, out.data);
    buf_free(&out);
    assert_int_equal(m->x, 0);
}

// The lines that are shown, without what is empty at their ends.
static void expect(const struct model *m, const char *text)
{
    for (int y = 0; y < m->lines; y++) {
        size_t len = strcspn(text, "\n");
        char line[WIDE + 1] = {0};
        memset(line, ' ', WIDE);
        memcpy(line, text, len);
        assert_memory_equal(m->cells[y], line, WIDE);
        text += len + (text[len] == '\n');
    }
    assert_int_equal(*text, '\0');
}

static void writes_only_what_has_changed(void **state)
{
    (void)state;
    struct screen screen = {0};
    struct model m;
    begin(&m, 12, 8);
    draw(&screen, &m, "", "head\none\ntwo\n", false);
    expect(&m, "head\none\ntwo\n");
    draw(&screen, &m, "", "head\nONE\ntwo\n", false);
    expect(&m, "head\nONE\ntwo\n");
    assert_int_equal(m.written, 3);
    draw(&screen, &m, "", "head\nONE\ntwo\n", false);
    assert_int_equal(m.written, 0);
    draw(&screen, &m, "", "head\n1\ntwo\nthree\n", false);
    expect(&m, "head\n1\ntwo\nthree\n");
    draw(&screen, &m, "", "h\ntwo\n", false);
    expect(&m, "h\ntwo\n");
    draw(&screen, &m, "", "twelve chars\ntwo\n", false);
    draw(&screen, &m, "", "twelve CHARS\ntwo\n", true);
    expect(&m, "twelve CHARS\ntwo\n");
    draw(&screen, &m, "", "", false);
    expect(&m, "");
    assert_int_equal(m.y, 0);
    screen_forget(&screen);
}

static void lines_scroll_away_above_it(void **state)
{
    (void)state;
    struct screen screen = {0};
    struct model m;
    begin(&m, 12, 5);
    draw(&screen, &m, "", "head\none\n", false);
    draw(&screen, &m, "a\nb is long enough\n", "head\none\n", false);
    expect(&m, "b is long en\nough\nhead\none\n");
    draw(&screen, &m, "c\n", "", false);
    expect(&m, "b is long en\nough\nc\n");
    draw(&screen, &m, "", "head\n", false);
    expect(&m, "b is long en\nough\nc\nhead\n");
    screen_forget(&screen);
}

// A terminal that was made narrower has wrapped what it shows; a wider one
// joins nothing, as every line has an end.
static void survives_another_size(void **state)
{
    (void)state;
    struct screen screen = {0};
    struct model m;
    begin(&m, 12, 8);
    draw(&screen, &m, "", "head is long\none\n", false);
    begin(&m, 6, 8);
    write_to(&m, "head is long\none\n");
    draw(&screen, &m, "", "head\none\n", false);
    expect(&m, "head\none\n");
    m.columns = 30;
    draw(&screen, &m, "", "head is longer\none\n", false);
    expect(&m, "head is longer\none\n");
    m.lines = 3;
    draw(&screen, &m, "", "head\none\n", false);
    expect(&m, "head\none\n");
    screen_forget(&screen);
}

// Somebody pressed Enter: all of it is written again, soon.
static void heals(void **state)
{
    (void)state;
    struct screen screen = {0};
    struct model m;
    begin(&m, 12, 8);
    draw(&screen, &m, "", "head\none\n", false);
    write_to(&m, "typed\n");
    draw(&screen, &m, "", "head\none\n", true);
    expect(&m, "head\nhead\none\n");
    screen_forget(&screen);
    write_to(&m, "$ fg\n");
    draw(&screen, &m, "", "head\none\n", false);
    expect(&m, "head\nhead\none\n$ fg\nhead\none\n");
    screen_forget(&screen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_only_what_has_changed),
        cmocka_unit_test(lines_scroll_away_above_it),
        cmocka_unit_test(survives_another_size),
        cmocka_unit_test(heals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
