#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/montage_inside.h"

#define REASON_MAX 1000 // bytes: what is longer is never read in a tile

struct writer {
    struct value *texts;
    int x, y, room, px, line;
    size_t left; // lines that there is room for
};

static void write_text(struct writer *w, int px, const char *dim,
                       const char *text)
{
    struct value *t = value_map();
    value_set(t, "x", value_int(w->x));
    value_set(t, "y", value_int(w->y));
    value_set(t, "room", value_int(w->room));
    value_set(t, "px", value_int(px));
    value_set(t, "dim", value_str(dim));
    value_set(t, "text", value_str(text));
    value_add(w->texts, t);
}

static void write_line(void *arg, const char *dim, const char *text)
{
    struct writer *w = arg;
    if (w->left == 0)
        return;
    w->left--;
    write_text(w, w->px, dim, text);
    w->y += w->line;
}

static void write_heading(const struct montage *m, struct value *texts)
{
    const struct montage_frame *f = &m->frame;
    struct writer w = {texts, f->margin, f->margin, f->width - 2 * f->margin,
                       f->px, f->line,   SIZE_MAX};
    write_text(&w, f->title, "", m->title);
    w.y += f->title + f->gap;
    if (m->about[0])
        write_line(&w, "", m->about);
    if (m->facts[0])
        write_line(&w, m->facts, "");
    if (m->fixed[0])
        write_line(&w, m->fixed, "");
}

struct spot {
    size_t column, line; // as they are seen
    int x, y;
};

static bool is_broken(const struct montage *m)
{
    return m->frame.columns < m->n_columns;
}

static struct spot spot_of(const struct montage *m,
                           const struct montage_place *p)
{
    const struct montage_frame *f = &m->frame;
    bool broken = is_broken(m);
    struct spot s = {p->column, p->row, 0, 0};
    if (broken) {
        s.column = p->column % f->columns;
        s.line = p->column / f->columns;
    }
    int labels = f->above * (broken ? (int)s.line + 1 : 1);
    s.x = f->margin + f->beside + (int)s.column * (f->tile_width + f->gap);
    s.y = f->top + labels + (int)s.line * (f->tile_height + f->gap);
    return s;
}

static void write_above(const struct montage *m, const struct montage_place *p,
                        const struct spot *s, struct value *texts)
{
    const struct montage_frame *f = &m->frame;
    int y = is_broken(m) ? s->y - f->above : f->top;
    struct writer w = {texts,
                       s->x,
                       y,
                       f->tile_width,
                       f->px,
                       f->line,
                       (size_t)(f->above / f->line)};
    montage_label(m, p, m->columns, m->n_columns_by, write_line, &w);
}

static void count_line(void *arg, const char *dim, const char *text)
{
    (void)dim, (void)text;
    ++*(size_t *)arg;
}

static void write_beside(const struct montage *m, const struct montage_place *p,
                         const struct spot *s, struct value *texts)
{
    const struct montage_frame *f = &m->frame;
    size_t lines = 0, most = (size_t)(f->tile_height / f->line);
    montage_label(m, p, m->rows, m->n_rows_by, count_line, &lines);
    lines = lines < most ? lines : most;
    int y = s->y + (f->tile_height - (int)lines * f->line) / 2;
    struct writer w = {texts, f->margin, y,    f->beside - f->px,
                       f->px, f->line,   lines};
    montage_label(m, p, m->rows, m->n_rows_by, write_line, &w);
}

static const char *state_words(const char *state)
{
    static const char *const words[][2] = {
        {"failed", "failed"},       {"unknown", "not known"},
        {"cancelled", "cancelled"}, {"queued", "not bought yet"},
        {"running", "being made"},  {"unfinished", "not finished"},
        {"delivered", "not shown"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (strcmp(state, words[i][0]) == 0)
            return words[i][1];
    return state;
}

static void write_cell(const struct montage *m, const struct montage_place *p,
                       const struct spot *s, struct value *cells)
{
    struct value *c = value_map();
    value_set(c, "x", value_int(s->x));
    value_set(c, "y", value_int(s->y));
    value_set(c, "width", value_int(m->frame.tile_width));
    value_set(c, "height", value_int(m->frame.tile_height));
    if (p->file) {
        value_set(c, "file", value_str(p->file));
    } else {
        char *why = montage_one_line(p->why, strlen(p->why), REASON_MAX);
        value_set(c, "dim", value_str(state_words(p->state)));
        value_set(c, "text", value_str(why));
        free(why);
    }
    value_add(cells, c);
}

struct value *montage_spec(const struct montage *m)
{
    struct value *spec = value_map();
    value_set(spec, "width", value_int(m->frame.width));
    value_set(spec, "height", value_int(m->frame.height));
    value_set(spec, "px", value_int(m->frame.px));
    struct value *texts = value_set(spec, "texts", value_list());
    struct value *cells = value_set(spec, "cells", value_list());
    write_heading(m, texts);
    bool *above = xcalloc(m->n_columns + 1, sizeof(*above));
    bool *beside = xcalloc(m->n_rows + 1, sizeof(*beside));
    for (size_t i = 0; i < m->n; i++) {
        const struct montage_place *p = &m->places[i];
        struct spot s = spot_of(m, p);
        if (!above[p->column])
            write_above(m, p, &s, texts);
        if (!beside[p->row])
            write_beside(m, p, &s, texts);
        above[p->column] = beside[p->row] = true;
        write_cell(m, p, &s, cells);
    }
    free(above);
    free(beside);
    return spec;
}
