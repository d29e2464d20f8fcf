#include "script/trace.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "script/raise.h"

#define SEEN_MAX 30 // levels at either end that are looked at
#define HEAD 6      // lines that are shown of either end
#define TAIL 4
#define LINE_BYTES_MAX 200

struct trace {
    char *lines[2 * SEEN_MAX];
    int n;
    int head;    // of them, from the inner end; all when nothing is between
    int between; // levels that were not looked at
};

// lua_getstack() walks, so that the depth is searched as Lua's own traceback
// does it.
static int depth_of(lua_State *L)
{
    lua_Debug ar;
    int low = 1, high = 1;
    for (; lua_getstack(L, high, &ar); high *= 2)
        low = high;
    while (low < high) {
        int middle = (low + high) / 2;
        if (lua_getstack(L, middle, &ar))
            low = middle + 1;
        else
            high = middle;
    }
    return high;
}

static char *function_of(const lua_Debug *ar, const char *what)
{
    if (strcmp(ar->what, "main") == 0)
        return xstrdup("in the main chunk");
    if (*ar->namewhat && ar->name)
        return xasprintf("in %s '%s'", ar->namewhat, ar->name);
    if (what)
        return xasprintf("in the %s's function", what);
    return xasprintf("in the function of line %d", ar->linedefined);
}

static void add_level(struct trace *trace, lua_State *L, int level,
                      const char *what)
{
    lua_Debug ar;
    if (!lua_getstack(L, level, &ar))
        return;
    lua_getinfo(L, "Sln", &ar);
    if (ar.currentline <= 0 || raise_is_own(ar.source))
        return;
    // Who calls the outermost function of a script is C, and names nothing.
    char *function = function_of(&ar, what);
    char *line = xasprintf("%s:%d: %s", ar.short_src, ar.currentline, function);
    trace->lines[trace->n++] =
        text_printable(line, strlen(line), LINE_BYTES_MAX);
    free(line);
    free(function);
}

static bool is_outermost(lua_State *L, int level, int depth)
{
    lua_Debug ar;
    while (++level < depth && lua_getstack(L, level, &ar)) {
        lua_getinfo(L, "S", &ar);
        if (*ar.what != 'C')
            return false;
    }
    return true;
}

static void look(struct trace *trace, lua_State *L, const char *what)
{
    int depth = depth_of(L);
    bool all = depth <= 2 * SEEN_MAX;
    trace->between = all ? 0 : depth - 2 * SEEN_MAX;
    for (int level = 1; level < (all ? depth : SEEN_MAX); level++)
        add_level(trace, L, level,
                  all && is_outermost(L, level, depth) ? what : NULL);
    trace->head = trace->n;
    for (int level = depth - SEEN_MAX; !all && level < depth; level++)
        add_level(trace, L, level, is_outermost(L, level, depth) ? what : NULL);
}

char *trace_text(lua_State *L, const char *what)
{
    struct trace trace = {.n = 0};
    struct buf out;
    buf_init(&out, (HEAD + TAIL + 1) * (LINE_BYTES_MAX + 1));
    look(&trace, L, what);
    bool whole = trace.between == 0 && trace.n <= HEAD + TAIL;
    int head = whole || trace.head < HEAD ? trace.head : HEAD;
    int tail = whole ? trace.n - head : TAIL;
    if (tail > trace.n - head)
        tail = trace.n - head;
    for (int i = 0; i < trace.n; i++) {
        if (!whole && i == head)
            buf_printf(&out, "\xe2\x80\xa6 %d more\n",
                       trace.n - head - tail + trace.between);
        if (i < head || i >= trace.n - tail)
            buf_printf(&out, "%s%s", trace.lines[i],
                       i + 1 < trace.n ? "\n" : "");
    }
    char *text = trace.n > 1 ? buf_take(&out) : NULL;
    buf_free(&out);
    for (int i = 0; i < trace.n; i++)
        free(trace.lines[i]);
    return text;
}
