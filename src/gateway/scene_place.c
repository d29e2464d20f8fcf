// Where things stand. The ground is divided into cells, and the hash of a cell
// says what is in it: however far the camera goes, there is more.

#include <stdlib.h>

#include "base/mem.h"
#include "gateway/scene_parts.h"

#define NEAR 2.6f // nearer than this a thing has faded away
#define TALL 3.0f // metres
#define TALL_FROM 17.0f

enum where { ON_LAND, ON_WATER, ANYWHERE };

// One kind of thing, spread over the ground.
struct band {
    enum thing thing;
    enum where where;
    float height;         // metres
    float cell_x, cell_z; // metres; one thing at most in each
    float share;          // of the cells that have one
    float loose;          // 0: in rank and file, 1: anywhere in the cell
    float first, last;    // depths, from the eye, at which it is drawn
    float offset;         // of the cells' depth
    float reach;          // |x| at most, 0: any
    float clear;          // a lane along x = 0 that stays free
};

#define BANDS_MAX 6

static const struct band bands[PLACES][BANDS_MAX] = {
    [PLACE_MEADOW] =
        {{THING_TREE, ON_LAND, 8, 12, 13, 0.4f, 0.9f, 6, 190, 0, 0, 4},
         {THING_HOUSE, ON_LAND, 5.2f, 40, 36, 0.5f, 0.8f, 8, 200, 22, 0, 7},
         {THING_BUSH, ON_LAND, 1.3f, 7, 6, 0.35f, 1, 5, 90, 0, 0, 2},
         {THING_TUFT, ON_LAND, 0.5f, 1.3f, 1.5f, 0.55f, 1, 3, 30, 0, 0, 0},
         {THING_FENCE, ON_LAND, 1.15f, 2.5f, 400, 1, 0, 3, 60, -186, 0, 0}},
    [PLACE_FOREST] =
        {{THING_PINE, ON_LAND, 11, 6.5f, 7, 0.6f, 1, 6, 150, 0, 0, 4.5f},
         {THING_TREE, ON_LAND, 8, 10, 11, 0.45f, 1, 6, 120, 0, 0, 5},
         {THING_BUSH, ON_LAND, 1.2f, 5, 5, 0.4f, 1, 5, 60, 0, 0, 2},
         {THING_ROCK, ON_LAND, 0.7f, 9, 8, 0.3f, 1, 4, 60, 0, 0, 2},
         {THING_TUFT, ON_LAND, 0.5f, 1.3f, 1.5f, 0.6f, 1, 3, 28, 0, 0, 0}},
    [PLACE_SEA] =
        {{THING_BOAT, ON_WATER, 7, 46, 42, 0.4f, 0.9f, 12, 320, 18, 0, 9},
         {THING_ROCK, ANYWHERE, 1.1f, 9, 7, 0.28f, 1, 4, 75, 0, 0, 3},
         {THING_TUFT, ON_LAND, 0.62f, 1.2f, 1.3f, 0.55f, 1, 3, 30, 0, 0, 0},
         {THING_FENCE, ON_LAND, 1.1f, 2.39f, 400, 1, 0, 3, 60, -186.4f, 0, 0}},
    [PLACE_SNOW] =
        {{THING_PINE, ON_LAND, 9, 9, 9, 0.45f, 1, 6, 170, 0, 0, 4.5f},
         {THING_HOUSE, ON_LAND, 5, 44, 40, 0.5f, 0.8f, 8, 180, 20, 0, 7},
         {THING_ROCK, ON_LAND, 0.6f, 10, 8, 0.25f, 1, 4, 60, 0, 0, 2},
         {THING_FENCE, ON_LAND, 1.15f, 2.5f, 400, 1, 0, 3, 60, -186, 0, 0}},
    [PLACE_DESERT] =
        {{THING_CACTUS, ON_LAND, 4.2f, 11, 11, 0.42f, 1, 5, 150, 0, 0, 2.5f},
         {THING_ROCK, ON_LAND, 1.2f, 12, 10, 0.35f, 1, 4, 120, 0, 0, 2.5f},
         {THING_BUSH, ON_LAND, 0.7f, 9, 8, 0.25f, 1, 4, 60, 0, 0, 2},
         {THING_TUFT, ON_LAND, 0.45f, 2.2f, 2.4f, 0.35f, 1, 3, 30, 0, 0, 0}},
    [PLACE_CITY] =
        {{THING_BLOCK, ON_LAND, 34, 19, 21, 0.85f, 0.4f, 14, 230, 6, 0, 13},
         {THING_BLOCK, ON_LAND, 21, 15, 17, 0.5f, 0.5f, 12, 140, 0, 0, 12},
         {THING_TREE, ON_LAND, 5.5f, 16, 9, 0.8f, 0.1f, 5, 110, 3, 9, 0},
         {THING_LAMP, ON_LAND, 5.6f, 11.4f, 14, 1, 0, 4, 120, 0, 6, 0},
         {THING_BUSH, ON_LAND, 0.8f, 18, 4.5f, 0.7f, 0.2f, 4, 60, 0, 10, 0}},
};

#define LIGHTHOUSE_Z 47.0f
#define LIGHTHOUSE_HEIGHT 18.5f

struct item {
    float away;
    int order; // makes the sort stable
    const struct sprite *sprite;
    struct stand stand;
};

struct rows {
    int from, to;
};

struct crowd {
    struct item items[CROWD_MAX];
    int n;
    struct rows rows[CROWD_MAX]; // apart, for they are looked at most often
    struct placed placed[CROWD_MAX];
};

static void add(struct crowd *crowd, const struct scene *s,
                const struct view *w, enum thing thing, int variant,
                const struct band *band, float x, float z, float height)
{
    const struct palette *p = &s->theme.palette;
    float away = z - w->z;
    if (away < NEAR || crowd->n == CROWD_MAX)
        return;
    float u = (x - w->x) / away;
    float du = u + w->bg_x - s->theme.sun_u;
    float glow = 1 / (1 + 26 * du * du);
    struct item *item = &crowd->items[crowd->n];
    item->away = away;
    item->order = crowd->n++;
    item->sprite = sprites_get(s->sprites, thing, variant);
    item->stand = (struct stand){
        .u = u,
        .v = w->horizon + w->y / away,
        .scale = height / away,
        .cover = smooth01(NEAR, NEAR + band->first * 0.4f, away) *
                 (1 - smooth01(band->last * 0.82f, band->last, away)),
        .fade = away / (away + 210),
        .haze = color_mix(p->haze, p->glow,
                          clamp01(glow * 0.8f) * p->glow_strength),
    };
}

static int whole(float x) // rounded down
{
    int i = (int)x;
    return i - (x < (float)i);
}

static bool allowed(const struct scene *s, const struct band *b, float x,
                    float z)
{
    float side = x < 0 ? -x : x, shore = ground_shore(s, x);
    if (b->height > TALL && z < TALL_FROM)
        return false; // at the start nothing stands before the camera
    if ((b->reach > 0 && side > b->reach) || side < b->clear)
        return false;
    switch (b->where) {
    case ON_LAND:
        return z < shore - 0.8f;
    case ON_WATER:
        return z > shore + 14;
    case ANYWHERE:
        return true;
    }
    return true;
}

// The things of one row of cells.
static void add_cells(struct crowd *crowd, const struct scene *s,
                      const struct view *w, const struct band *b, int kind,
                      int iz, float half)
{
    uint32_t seed = (uint32_t)(s->theme.seed >> 7) + (uint32_t)kind * 101u;
    float far = ((float)iz + 1) * b->cell_z + b->offset - w->z;
    float reach = half * (far > 0 ? far : 0) + b->height;
    int first = whole((w->x - reach) / b->cell_x);
    int last = whole((w->x + reach) / b->cell_x);
    for (int ix = first; ix <= last; ix++) {
        if (noise_hash(seed, ix, iz) >= b->share)
            continue;
        float a = noise_hash(seed + 1, ix, iz) - 0.5f;
        float c = noise_hash(seed + 2, ix, iz) - 0.5f;
        float d = noise_hash(seed + 3, ix, iz);
        float x = b->cell_x * ((float)ix + 0.5f + a * b->loose);
        float z = b->cell_z * ((float)iz + 0.5f + c * b->loose) + b->offset;
        if (!allowed(s, b, x, z))
            continue;
        float height = b->height * (1 + (d - 0.5f) * 0.6f * b->loose);
        int variant = (int)(noise_hash(seed + 4, ix, iz) * VARIANTS);
        add(crowd, s, w, b->thing, variant, b, x, z, height);
    }
}

static void add_band(struct crowd *crowd, const struct scene *s,
                     const struct view *w, const struct band *b, int kind)
{
    // Half of the picture's diagonal, which a roll can bring to the side.
    float side = (float)(w->width + w->height) / 2;
    float half = side / w->focal;
    int first = whole((w->z + NEAR - b->offset) / b->cell_z);
    int last = whole((w->z + b->last - b->offset) / b->cell_z);
    for (int iz = first; iz <= last; iz++)
        add_cells(crowd, s, w, b, kind, iz, half);
}

static int nearer(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->away != y->away)
        return x->away < y->away ? -1 : 1;
    return y->order - x->order;
}

struct crowd *crowd_new(void)
{
    return xcalloc(1, sizeof(struct crowd));
}

void crowd_gather(struct crowd *crowd, const struct scene *s,
                  const struct view *w)
{
    static const struct band landmark = {.first = 20, .last = 2000};
    crowd->n = 0;
    for (int i = 0; i < BANDS_MAX; i++)
        if (bands[s->theme.place][i].height > 0)
            add_band(crowd, s, w, &bands[s->theme.place][i], i);
    if (s->theme.lighthouse) {
        // On the sun's other side: the light falls on it.
        float x = s->theme.sun_u < 0 ? 6.5f : -6.5f;
        add(crowd, s, w, THING_LIGHTHOUSE, 0, &landmark, x, LIGHTHOUSE_Z,
            LIGHTHOUSE_HEIGHT);
    }
    qsort(crowd->items, (size_t)crowd->n, sizeof(*crowd->items), nearer);
    for (int i = 0; i < crowd->n; i++) {
        const struct item *item = &crowd->items[i];
        struct placed p = sprite_place(item->sprite, &item->stand, w);
        crowd->rows[i] = (struct rows){p.y0, p.y1};
        crowd->placed[i] = p;
    }
}

int crowd_band(const struct crowd *crowd, int from, int to, short *band)
{
    int n = 0;
    for (int i = 0; i < crowd->n; i++)
        if (crowd->rows[i].from < to && crowd->rows[i].to > from)
            band[n++] = (short)i;
    return n;
}

void crowd_row(const struct crowd *crowd, const short *band, int n, int y,
               struct row *row)
{
    for (int i = 0; i < n; i++) {
        const struct rows *rows = &crowd->rows[band[i]];
        if (y >= rows->from && y < rows->to)
            placed_row(&crowd->placed[band[i]], y, row);
    }
}
