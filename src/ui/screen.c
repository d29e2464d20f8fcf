#include "ui/screen.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ui/columns.h"

// So that no terminal that knows of it shows half a picture.
#define HOLD "\033[?2026h"
#define SHOW "\033[?2026l"

static void up(struct buf *out, int lines)
{
    buf_byte(out, '\r');
    if (lines > 0)
        buf_printf(out, "\033[%dA", lines);
}

static void down(struct buf *out, int lines)
{
    buf_byte(out, '\r');
    if (lines > 0)
        buf_printf(out, "\033[%dB", lines);
}

static void go(struct buf *out, int *at, int line)
{
    if (line < *at)
        up(out, *at - line);
    else
        down(out, line - *at);
    *at = line;
}

static int count(const char *text)
{
    int n = 0;
    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

// Lines that the terminal has wrapped meanwhile go, too. Line by line: what is
// cleared from the top of the screen on, some terminals keep as history.
static void take_away(const char *picture, int columns, struct buf *out)
{
    int lines = columns_lines(picture, columns);
    up(out, lines);
    for (int i = 0; i < lines; i++)
        buf_str(out, "\033[K\033[1B");
    buf_str(out, "\033[J");
    up(out, lines);
}

// Everything anew.
static void redraw(struct screen *screen, const char *above,
                   const char *picture, int columns, struct buf *out)
{
    if (screen->picture)
        take_away(screen->picture, columns, out);
    buf_str(out, above);
    buf_str(out, picture);
}

// A line over an older one. Where it is full the cursor stands beyond the end,
// where erasing would take its last character.
static void put_line(const char *line, size_t len, int columns, struct buf *out)
{
    buf_add(out, line, len);
    char *text = xstrndup(line, len);
    if (columns_shown(text) < columns)
        buf_str(out, "\033[K");
    free(text);
}

static void change(struct screen *screen, const char *picture, int columns,
                   bool all, struct buf *out)
{
    const char *old = screen->picture, *new = picture;
    int had = count(old), has = count(new), at = had;
    for (int i = 0; i < has; i++) {
        size_t len = strcspn(new, "\n"), was = i < had ? strcspn(old, "\n") : 0;
        bool same = i < had && len == was && memcmp(old, new, len) == 0;
        if (!same || all) {
            go(out, &at, i);
            put_line(new, len, columns, out);
        }
        if (i >= had) {
            buf_byte(out, '\n');
            at = i + 1;
        }
        new += len + 1;
        old += i < had ? was + 1 : 0;
    }
    if (at != has)
        go(out, &at, has);
    if (has < had)
        buf_str(out, "\033[J");
}

static bool changes(const struct screen *screen, const char *above,
                    const char *picture, bool all)
{
    const char *old = screen->picture ? screen->picture : "";
    return *above || strcmp(old, picture) != 0 || (all && *picture);
}

void screen_draw(struct screen *screen, const char *above, const char *picture,
                 int columns, int lines, bool all, struct buf *out)
{
    bool resized = columns != screen->columns || lines != screen->lines;
    if (!changes(screen, above, picture, all) && !(resized && screen->picture))
        return;
    buf_str(out, HOLD);
    if (!screen->picture || resized || *above || !*picture)
        redraw(screen, above, picture, columns, out);
    else
        change(screen, picture, columns, all, out);
    buf_str(out, SHOW);
    free(screen->picture);
    screen->picture = *picture ? xstrdup(picture) : NULL;
    screen->columns = columns;
    screen->lines = lines;
}

void screen_forget(struct screen *screen)
{
    free(screen->picture);
    screen->picture = NULL;
}
