#include <math.h>
#include <string.h>

#include "report/montage_inside.h"

#define SHAPE_MAX 3.0 // of a cell: width by height, or the other way
#define SHAPE_USUAL (16.0 / 9)
#define SHAPE_SHEET (16.0 / 9) // of a lone row that is broken
#define ROW_MAX 6              // cells of a lone row that is not
#define SIDE_LINES 4           // of a label above cells
#define BESIDE_MAX 20          // width of a label beside them, in its heights
#define OWN_MIN 240            // room for labels, however small the clips are
#define WIDTH_A_PIXEL 75       // of all, by that of letters
#define WIDTH_MIN 640          // a title is to be read, too

// What fits, by kind: all in pixels.
static const struct bounds {
    int width, height;
    int tile;       // of 16:9, where there is room
    int tile_min;   // width
    int tile_large; // from here on, letters are large
} bounds[] = {[MONTAGE_SHEET] = {4096, 16384, 480, 96, 400},
              [MONTAGE_FILM] = {3840, 2160, 640, 64, 400}};

static int even(double x)
{
    return x < 2 ? 2 : (int)x & ~1;
}

// Between the widest and the highest of the clips.
static double shape_of(const struct montage *m)
{
    double least = 0, most = 0;
    for (size_t i = 0; i < m->n; i++) {
        const struct montage_place *p = &m->places[i];
        if (p->width <= 0 || p->height <= 0)
            continue;
        double shape = (double)p->width / p->height;
        least = least > 0 && least < shape ? least : shape;
        most = most > shape ? most : shape;
    }
    double shape = most > 0 ? sqrt(least * most) : SHAPE_USUAL;
    return fmin(fmax(shape, 1 / SHAPE_MAX), SHAPE_MAX);
}

// The width of a tile in which the largest clip has its own size.
static double own_width(const struct montage *m, double shape)
{
    double most = 0;
    for (size_t i = 0; i < m->n; i++) {
        const struct montage_place *p = &m->places[i];
        most = fmax(most, fmax(p->width, p->height * shape));
    }
    return most > 0 ? fmax(most, OWN_MIN) : INFINITY;
}

static void break_row(struct montage *m, double shape)
{
    struct montage_frame *f = &m->frame;
    f->columns = m->n_columns;
    f->lines = m->n_rows;
    if (m->n_rows > 1 || m->n_columns <= ROW_MAX)
        return;
    double wide = ceil(sqrt((double)m->n * SHAPE_SHEET / shape));
    f->columns = (size_t)fmax(1, fmin(wide, (double)m->n_columns));
    f->lines = (m->n_columns + f->columns - 1) / f->columns;
}

struct extent {
    size_t lines, halves;
};

static void measure(void *arg, const char *dim, const char *text)
{
    struct extent *e = arg;
    size_t halves = montage_halves(dim, text);
    e->lines++;
    e->halves = halves > e->halves ? halves : e->halves;
}

static void leave_room(struct montage *m)
{
    struct montage_frame *f = &m->frame;
    size_t lines = 0, halves = 0, widest = 0;
    for (size_t i = 0; i < m->n; i++) {
        struct extent above = {0, 0}, beside = {0, 0};
        montage_label(m, &m->places[i], m->columns, m->n_columns_by, measure,
                      &above);
        montage_label(m, &m->places[i], m->rows, m->n_rows_by, measure,
                      &beside);
        lines = above.lines > lines ? above.lines : lines;
        halves = beside.halves > halves ? beside.halves : halves;
        widest = above.halves > widest ? above.halves : widest;
    }
    f->widest = (int)(widest < INT16_MAX ? widest : INT16_MAX) * f->px / 2;
    lines = lines < SIDE_LINES ? lines : SIDE_LINES;
    halves = halves < 2 * BESIDE_MAX ? halves : 2 * BESIDE_MAX;
    f->above = lines ? (int)lines * f->line + f->gap / 2 : 0;
    f->beside = halves ? (int)halves * f->px / 2 + f->px : 0;
    int heading = f->title + f->gap + f->line * (m->about[0] ? 1 : 0) +
                  f->line * (m->facts[0] ? 1 : 0) +
                  f->line * (m->fixed[0] ? 1 : 0);
    f->top = f->margin + heading + f->gap;
}

// Rows of labels: one over all, or one over each line of a broken row.
static int bands(const struct montage *m)
{
    return m->n_rows > 1 || m->frame.lines == 0 ? 1 : (int)m->frame.lines;
}

static bool fit(struct montage *m, double shape, int px)
{
    const struct bounds *b = &bounds[m->kind];
    struct montage_frame *f = &m->frame;
    f->px = px;
    f->line = px * 5 / 4;
    f->gap = px / 2;
    f->margin = px;
    f->title = px > 24 ? 48 : 32;
    leave_room(m);
    double columns = (double)f->columns, lines = (double)f->lines;
    double beside = f->beside + 2 * f->margin + (columns - 1) * f->gap;
    double over =
        f->top + f->margin + (lines - 1) * f->gap + (double)f->above * bands(m);
    double wide = sqrt(b->tile * (b->tile / SHAPE_USUAL) * shape);
    wide = fmin(wide, own_width(m, shape));
    wide = fmin(wide, (b->width - beside) / columns);
    wide = fmin(wide, (b->height - over) / lines * shape);
    f->tile_width = even(wide);
    f->tile_height = even(wide / shape);
    double width = beside + columns * f->tile_width;
    f->width = even(fmax(width, WIDTH_MIN) + 1);
    f->height = even(over + lines * f->tile_height + 1);
    return wide >= b->tile_min;
}

// Unifont is drawn on a grid of 16: other sizes are soft, or large.
static const int sizes[] = {32, 24, 16};

// Large letters, where the whole would otherwise have them too small to read,
// but not at the cost of what they say.
static bool is_wanted(const struct montage *m, int px)
{
    const struct montage_frame *f = &m->frame;
    bool large = px < 32 && f->tile_width >= bounds[m->kind].tile_large;
    return px == 16 || large ||
           (f->width >= WIDTH_A_PIXEL * px && f->widest <= f->tile_width);
}

bool montage_fit(struct montage *m)
{
    double shape = shape_of(m);
    break_row(m, shape);
    bool ok = false;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        ok = fit(m, shape, sizes[i]);
        if (ok && is_wanted(m, sizes[i]))
            break;
    }
    return ok;
}
