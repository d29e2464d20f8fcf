#include "gateway/scene_row.h"

#include <stdlib.h>
#include <string.h>

#include "base/cloned.h"
#include "base/mem.h"

static float *new_list(const struct row *row)
{
    return xcalloc((size_t)(row->whole + ROW_EXTRA), sizeof(float));
}

static size_t words_of(int blocks)
{
    return (size_t)(blocks / ROW_WORD + 1);
}

struct row row_new(int width)
{
    int blocks = (width + ROW_BLOCK - 1) / ROW_BLOCK;
    struct row row = {.width = width, .whole = blocks * ROW_BLOCK};
    row.open = xcalloc(words_of(blocks), sizeof(*row.open));
    row.texels = xcalloc((size_t)ROW_TEXELS(&row), sizeof(*row.texels));
    row.red = new_list(&row);
    row.green = new_list(&row);
    row.blue = new_list(&row);
    row.keep = new_list(&row);
    row.glow = new_list(&row);
    for (int i = 0; i < ROW_SPARE; i++)
        row.spare[i] = new_list(&row);
    return row;
}

void row_free(struct row *row)
{
    free(row->open);
    free(row->texels);
    free(row->red);
    free(row->green);
    free(row->blue);
    free(row->keep);
    free(row->glow);
    for (int i = 0; i < ROW_SPARE; i++)
        free(row->spare[i]);
}

void row_clear(struct row *row)
{
    size_t bytes = sizeof(float) * (size_t)row->whole;
    memset(row->red, 0, bytes);
    memset(row->green, 0, bytes);
    memset(row->blue, 0, bytes);
    for (int i = 0; i < row->whole; i++)
        row->keep[i] = i < row->width ? 1 : 0;
    int blocks = row->whole / ROW_BLOCK;
    for (int i = 0; i <= blocks / ROW_WORD; i++)
        row->open[i] = UINT64_MAX;
    row->open[blocks / ROW_WORD] = ((uint64_t)1 << blocks % ROW_WORD) - 1;
}

typedef float four __attribute__((vector_size(16)));
typedef int64_t pair __attribute__((vector_size(16)));

void row_close(struct row *row, int at, int n)
{
    for (int i = at; i < at + n; i += ROW_BLOCK) {
        four a, b;
        memcpy(&a, row->keep + i, sizeof(a));
        memcpy(&b, row->keep + i + 4, sizeof(b));
        pair seen = (pair)((a >= ROW_KEEP_MIN) | (b >= ROW_KEEP_MIN));
        if (!(seen[0] | seen[1]))
            row->open[i / ROW_BLOCK / ROW_WORD] &=
                ~((uint64_t)1 << i / ROW_BLOCK % ROW_WORD);
    }
}

CLONED static void lay(float *restrict red, float *restrict green,
                       float *restrict blue, float *restrict keep, int n,
                       const struct run run)
{
    APART
    for (int i = 0; i < n; i++) {
        float part = keep[i] * run.cover[i];
        red[i] += run.red[i] * part;
        green[i] += run.green[i] * part;
        blue[i] += run.blue[i] * part;
        keep[i] -= part;
    }
}

void row_lay(struct row *row, int at, int n, const struct run *run)
{
    lay(row->red + at, row->green + at, row->blue + at, row->keep + at, n,
        *run);
    row_close(row, at, n);
}

CLONED static void fill(float *restrict light, const float *restrict keep,
                        const float *restrict color, int n)
{
    for (int i = 0; i < n; i++)
        light[i] += color[i] * keep[i];
}

void row_fill(struct row *row, int at, int n, const struct run *run)
{
    fill(row->red + at, row->keep + at, run->red, n);
    fill(row->green + at, row->keep + at, run->green, n);
    fill(row->blue + at, row->keep + at, run->blue, n);
}

void row_below(const struct row *row, float v, int *from, int *to)
{
    *from = 0;
    *to = row->width;
    float last = row->v + (float)(row->width - 1) * row->dv;
    if (row->v < v && last < v) {
        *to = 0;
    } else if (row->v < v || last < v) {
        int at = (int)((v - row->v) / row->dv) + (row->dv > 0 ? 1 : 0);
        if (row->dv > 0)
            *from = at;
        else
            *to = at;
    }
}
