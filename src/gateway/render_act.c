#include "gateway/render_act.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/scene_noise.h"

#define COLUMNS 64
#define ROWS 36
#define BLACK 16 // as the encoder takes them
#define WHITE 235
#define NOISE 14    // change of light that is none, of 255
#define SURE 0.015f // part of the picture that changed, to be half believed
#define CALM 4      // pictures to each side that are averaged, twice
#define ASIDE 0.9f  // from the measure to the move
#define UP 0.8f
#define GROW 1.1f
#define TILT 55.0f

// What has changed, in parts of the picture.
struct change {
    float x, y, extent; // centre, and mean distance from it
    float lean;         // how the centre of its upper half is aside
    float sure;         // 0..1
};

static bool read_grey(struct film *film, double seconds, uint8_t *grey,
                      struct err *err)
{
    uint8_t bytes[COLUMNS * ROWS / 2 * 3];
    struct yuv_planes planes = yuv_in(bytes, COLUMNS, ROWS);
    if (!film_read_planes(film, seconds, COLUMNS, ROWS, FILM_SMALL, &planes,
                          err))
        return false;
    for (int i = 0; i < COLUMNS * ROWS; i++) {
        int light = (bytes[i] - BLACK) * 255 / (WHITE - BLACK);
        grey[i] = (uint8_t)(light < 0 ? 0 : light > 255 ? 255 : light);
    }
    return true;
}

static int change_at(const uint8_t *a, const uint8_t *b, int i)
{
    int change = abs(a[i] - b[i]) - NOISE;
    return change > 0 ? change : 0;
}

static struct change compare(const uint8_t *first, const uint8_t *now)
{
    double sum = 0, x = 0, y = 0, upper = 0, upper_x = 0, away = 0, n = 0;
    for (int i = 0; i < COLUMNS * ROWS; i++) {
        double c = change_at(first, now, i);
        sum += c;
        x += c * (i % COLUMNS + 0.5);
        y += c * (i / COLUMNS + 0.5);
        n += c > 0;
    }
    if (sum <= 0)
        return (struct change){.x = 0.5f, .y = 0.5f};
    x /= sum;
    y /= sum;
    for (int i = 0; i < COLUMNS * ROWS; i++) {
        double c = change_at(first, now, i), column = i % COLUMNS + 0.5;
        double row = i / COLUMNS + 0.5;
        away += c * (fabs(column - x) / COLUMNS + fabs(row - y) / ROWS);
        if (row < y) {
            upper += c;
            upper_x += c * column;
        }
    }
    float part = (float)n / (COLUMNS * ROWS);
    return (struct change){
        .x = (float)x / COLUMNS,
        .y = (float)y / ROWS,
        .extent = (float)(away / sum),
        .lean = upper > 0 ? (float)((upper_x / upper - x) / COLUMNS) : 0,
        .sure = part / (part + SURE)};
}

// What is usual in this film: where its changes are on the whole.
static struct change mean_of(const struct change *c, int n)
{
    struct change sum = {.x = 0};
    for (int i = 0; i < n; i++) {
        sum.sure += c[i].sure;
        sum.x += c[i].x * c[i].sure;
        sum.y += c[i].y * c[i].sure;
        sum.extent += c[i].extent * c[i].sure;
        sum.lean += c[i].lean * c[i].sure;
    }
    if (sum.sure <= 0)
        return (struct change){.x = 0.5f, .y = 0.5f};
    return (struct change){sum.x / sum.sure, sum.y / sum.sure,
                           sum.extent / sum.sure, sum.lean / sum.sure, 1};
}

static void smooth(struct act_move *moves, int n)
{
    struct act_move *from = xmalloc(sizeof(*from) * (size_t)n);
    memcpy(from, moves, sizeof(*from) * (size_t)n);
    for (int i = 0; i < n; i++) {
        struct act_move sum = {.dx = 0};
        for (int k = -CALM; k <= CALM; k++) {
            int at = i + k < 0 ? 0 : i + k >= n ? n - 1 : i + k;
            sum.dx += from[at].dx;
            sum.dy += from[at].dy;
            sum.grow += from[at].grow;
            sum.tilt += from[at].tilt;
        }
        const float part = 1.0f / (2 * CALM + 1);
        moves[i] = (struct act_move){sum.dx * part, sum.dy * part,
                                     sum.grow * part, sum.tilt * part};
    }
    free(from);
}

static void settle(const struct change *c, int n, struct act_move *out)
{
    struct change mean = mean_of(c, n);
    for (int i = 0; i < n; i++) {
        float sure = c[i].sure;
        out[i] = (struct act_move){
            .dx = sure * (c[i].x - mean.x) * ASIDE,
            .dy = sure * (c[i].y - mean.y) * UP,
            .grow = sure * (c[i].extent - mean.extent) * GROW,
            .tilt =
                sure * (c[i].lean - mean.lean + (c[i].x - mean.x) / 2) * TILT};
    }
    smooth(out, n);
    smooth(out, n);
    // The first picture is the character as it was given.
    struct act_move rest = out[0];
    for (int i = 0; i < n; i++) {
        out[i].dx -= rest.dx;
        out[i].dy -= rest.dy;
        out[i].grow -= rest.grow;
        out[i].tilt -= rest.tilt;
    }
}

bool act_measure(struct film *film, struct inset *inset, int n, double fps,
                 struct act_move *out, struct err *err)
{
    uint8_t first[COLUMNS * ROWS], now[COLUMNS * ROWS];
    struct change *changes = xcalloc((size_t)n, sizeof(*changes));
    bool ok = read_grey(film, 0, first, err);
    for (int i = 0; ok && i < n; i++) {
        ok = read_grey(film, i / fps, now, err) &&
             inset_keep(inset, film, i, i / fps, err);
        if (ok)
            changes[i] = compare(first, now);
    }
    if (ok)
        settle(changes, n, out);
    free(changes);
    return ok;
}
