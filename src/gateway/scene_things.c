#include "gateway/scene_things.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "gateway/scene_noise.h"

// What a painter needs: where it paints, and under which light.
struct easel {
    struct sprite *s;
    const struct theme *t;
    struct rng rng;
    float sun; // -1: from the left, 1: from the right
    bool dark; // windows and lamps are lit
};

struct sprites {
    struct theme theme;
    int side;
    struct sprite *of[THINGS][VARIANTS];
};

// `color` as the light shows it: 0 in the shade, 1 in the sun.
static struct color lit(const struct easel *e, struct color color, float light)
{
    const struct palette *p = &e->t->palette;
    return color_times(color, color_mix(p->shade, p->sunlight, clamp01(light)));
}

static void paint_shadow(struct easel *e, float x, float rx, float ry)
{
    struct color dark =
        color_times(e->t->palette.shade, (struct color){60, 60, 60});
    for (int i = 4; i > 0; i--) {
        float k = (float)i / 4;
        paint_ellipse(e->s, x - e->sun * rx * 0.3f, -0.004f, rx * k, ry * k,
                      dark, 0.16f);
    }
}

// Leaves: blobs within an ellipse, darker below and away from the sun.
static void paint_leaves(struct easel *e, float cy, float rx, float ry,
                         int blobs, struct color leaf)
{
    for (int i = 0; i < blobs; i++) {
        float late = (float)i / (float)blobs;
        double sine, cosine;
        camera_sincos(rng_unit(&e->rng) * 360, &sine, &cosine);
        float out = rng_unit(&e->rng);
        out = 1 - out * out;
        float x = out * (float)cosine, y = out * (float)sine;
        float size = rng_range(&e->rng, 0.15f, 0.26f) * (1 - 0.55f * late);
        float light = 0.04f + 0.42f * late + 0.36f * y + 0.34f * x * e->sun +
                      rng_range(&e->rng, -0.12f, 0.12f);
        float tint = rng_range(&e->rng, 0.86f, 1.14f);
        struct color c = {leaf.r * tint, leaf.g, leaf.b};
        paint_ellipse(e->s, x * rx, cy + y * ry, size * rx,
                      size * (rx + ry) / 2, lit(e, c, light), 1);
    }
}

static void paint_tree(struct easel *e)
{
    static const struct color leaf[] = {
        {92, 118, 54}, {112, 122, 50}, {78, 108, 62}};
    struct color bark = {96, 76, 60};
    paint_shadow(e, 0, 0.34f, 0.03f);
    const struct point trunk[] = {
        {-0.035f, 0},  {0.035f, 0},     {0.022f, 0.3f}, {0.1f, 0.55f},
        {0.0f, 0.42f}, {-0.09f, 0.56f}, {-0.022f, 0.3f}};
    paint_polygon(e->s, trunk, 7, lit(e, bark, 0.25f), 1);
    const struct point bright[] = {{0.012f * e->sun, 0},
                                   {0.035f * e->sun, 0},
                                   {0.022f * e->sun, 0.34f},
                                   {0.008f * e->sun, 0.34f}};
    paint_polygon(e->s, bright, 4, lit(e, bark, 0.85f), 1);
    float rx = rng_range(&e->rng, 0.27f, 0.36f);
    paint_leaves(e, 0.65f, rx, 0.3f, 230, leaf[rng_next(&e->rng) % 3]);
}

static void paint_bush(struct easel *e)
{
    struct color leaf = {98, 112, 58};
    paint_shadow(e, 0, 0.8f, 0.1f);
    paint_leaves(e, 0.42f, 0.72f, 0.42f, 120, leaf);
}

static void paint_tier(struct easel *e, float base, float top, float half,
                       float light)
{
    struct color needle = {62, 88, 62};
    struct point p[16];
    int n = 0;
    p[n++] = (struct point){0, top};
    for (int i = 0; i <= 10; i++) {
        float x = half * (1 - (float)i / 5);
        float hang =
            (i % 2 ? 0.022f : -0.006f) + 0.02f * (x < 0 ? -x : x) / half;
        p[n++] =
            (struct point){x + rng_range(&e->rng, -0.01f, 0.01f), base + hang};
    }
    paint_polygon(e->s, p, n, lit(e, needle, light), 1);
    const struct point side[] = {{0, top},
                                 {e->sun * half * 0.9f, base + 0.012f},
                                 {e->sun * half * 0.55f, base + 0.03f},
                                 {e->sun * half * 0.2f, base + 0.014f}};
    paint_polygon(e->s, side, 4, lit(e, needle, light + 0.45f), 0.85f);
    if (e->t->place == PLACE_SNOW) {
        struct color snow = {238, 243, 250};
        const struct point cap[] = {{0, top},
                                    {half * 0.72f, base + 0.04f},
                                    {half * 0.4f, base + 0.065f},
                                    {half * 0.1f, base + 0.045f},
                                    {-half * 0.25f, base + 0.068f},
                                    {-half * 0.7f, base + 0.042f}};
        paint_polygon(e->s, cap, 6, lit(e, snow, light + 0.5f), 0.94f);
    }
}

static void paint_pine(struct easel *e)
{
    struct color bark = {86, 66, 52};
    const int tiers = 9;
    float wide = rng_range(&e->rng, 0.19f, 0.25f);
    paint_shadow(e, 0, wide * 1.1f, 0.024f);
    paint_rect(e->s, -0.02f, 0, 0.02f, 0.16f, lit(e, bark, 0.3f));
    for (int i = 0; i < tiers; i++) {
        float k = (float)i / (float)tiers;
        float base = 0.09f + 0.82f * k;
        float half = wide * (1 - 0.9f * k) + 0.012f;
        paint_tier(e, base, base + 0.2f - 0.08f * k, half, 0.12f + 0.35f * k);
    }
}

static void paint_tuft(struct easel *e)
{
    static const struct color kinds[PLACES] = {{136, 142, 66}, {92, 112, 52},
                                               {166, 156, 96}, {198, 190, 164},
                                               {176, 150, 92}, {120, 120, 90}};
    for (int i = 0; i < 26; i++) {
        float x = rng_range(&e->rng, -0.5f, 0.5f);
        float lean = rng_range(&e->rng, -0.35f, 0.35f) + 0.5f * x;
        float tall = rng_range(&e->rng, 0.45f, 1) * (1 - 0.7f * x * x);
        float half = 0.035f;
        struct color c =
            lit(e, kinds[e->t->place], rng_range(&e->rng, 0.1f, 0.95f));
        const struct point blade[] = {
            {x - half, -0.02f},
            {x + half, -0.02f},
            {x + half * 0.7f + lean * 0.4f, tall * 0.6f},
            {x + lean, tall},
            {x - half * 0.5f + lean * 0.35f, tall * 0.6f}};
        paint_polygon(e->s, blade, 5, c, 1);
    }
}

// One stretch: a post at its left end and two rails to the next one.
static void paint_fence(struct easel *e)
{
    struct color wood = {150, 128, 104};
    const float half = 1.1f, post = 0.06f;
    for (int i = 0; i < 2; i++) {
        float y = 0.36f + 0.36f * (float)i;
        float sag = rng_range(&e->rng, -0.03f, 0.03f);
        const struct point rail[] = {{-half - 0.02f, y},
                                     {half + 0.02f, y + sag},
                                     {half + 0.02f, y + sag + 0.075f},
                                     {-half - 0.02f, y + 0.075f}};
        paint_polygon(e->s, rail, 4, lit(e, wood, 0.35f), 1);
        const struct point edge[] = {{-half - 0.02f, y + 0.05f},
                                     {half + 0.02f, y + sag + 0.05f},
                                     {half + 0.02f, y + sag + 0.078f},
                                     {-half - 0.02f, y + 0.078f}};
        paint_polygon(e->s, edge, 4, lit(e, wood, 0.95f), 1);
    }
    float x = -half + 0.08f;
    paint_shadow(e, x, 0.2f, 0.03f);
    paint_rect(e->s, x - post, 0, x + post, 0.98f, lit(e, wood, 0.3f));
    float a = e->sun > 0 ? x + post * 0.2f : x - post;
    paint_rect(e->s, a, 0, a + post * 0.8f, 0.98f, lit(e, wood, 0.9f));
    if (e->t->place == PLACE_SNOW)
        paint_ellipse(e->s, x, 0.99f, post * 1.3f, 0.05f,
                      lit(e, (struct color){240, 244, 250}, 0.8f), 1);
}

static void paint_window(struct easel *e, float x0, float y0, float x1,
                         float y1, bool on)
{
    struct color glass = {70, 84, 100}, lamp = {255, 204, 122};
    paint_rect(e->s, x0, y0, x1, y1,
               on ? lamp : lit(e, glass, rng_range(&e->rng, 0.2f, 0.9f)));
    if (on)
        paint_glow(e->s, (x0 + x1) / 2, (y0 + y1) / 2, (y1 - y0) * 2.2f, lamp,
                   0.3f);
}

// Three quarters of a house: the gable on the left, the long wall right.
static void paint_house(struct easel *e)
{
    static const struct color walls[] = {
        {226, 214, 190}, {168, 84, 70}, {196, 202, 200}};
    static const struct color roofs[] = {
        {150, 82, 62}, {84, 80, 86}, {112, 74, 60}};
    unsigned kind = (unsigned)(rng_next(&e->rng) % 3);
    struct color wall = walls[kind], roof = roofs[kind];
    if (e->t->place == PLACE_SNOW)
        roof = (struct color){234, 239, 247};
    float left = e->sun < 0 ? 0.95f : 0.3f, right = e->sun < 0 ? 0.3f : 0.95f;
    paint_shadow(e, 0, 1.05f, 0.06f);
    const struct point gable[] = {{-0.8f, 0},
                                  {-0.15f, 0},
                                  {-0.15f, 0.5f},
                                  {-0.475f, 0.92f},
                                  {-0.8f, 0.5f}};
    paint_polygon(e->s, gable, 5, lit(e, wall, left), 1);
    paint_rect(e->s, -0.15f, 0, 0.85f, 0.5f, lit(e, wall, right));
    paint_rect(e->s, 0.45f, 0.7f, 0.57f, 1.02f, lit(e, walls[1], right));
    const struct point top[] = {
        {-0.2f, 0.46f}, {0.92f, 0.46f}, {0.62f, 0.95f}, {-0.475f, 0.97f}};
    paint_polygon(e->s, top, 4, lit(e, roof, right * 0.9f), 1);
    const struct point eave[] = {
        {-0.86f, 0.46f}, {-0.475f, 0.97f}, {-0.44f, 0.97f}, {-0.8f, 0.46f}};
    paint_polygon(e->s, eave, 4, lit(e, roof, left), 1);
    paint_rect(e->s, 0.28f, 0, 0.42f, 0.32f,
               lit(e, (struct color){104, 70, 52}, right));
    paint_window(e, -0.56f, 0.2f, -0.39f, 0.4f, e->dark);
    paint_window(e, 0.02f, 0.18f, 0.16f, 0.36f, e->dark);
    paint_window(e, 0.56f, 0.18f, 0.7f, 0.36f,
                 e->dark && rng_unit(&e->rng) < 0.6f);
}

// Facets between an uneven crest and an uneven line below it.
static void paint_crag(struct easel *e, float x, float half, float tall,
                       struct color stone)
{
    enum { CREST = 11 };
    struct point crest[CREST], waist[CREST];
    for (int i = 0; i < CREST; i++) {
        float side = 2 * (float)i / (CREST - 1) - 1;
        float up = tall * (1 - side * side * side * side);
        up *= rng_range(&e->rng, 0.8f, 1.05f);
        bool end = i == 0 || i == CREST - 1;
        float lean = rng_range(&e->rng, -0.08f, 0.08f);
        crest[i] = (struct point){x + half * side, end ? 0 : up};
        waist[i] =
            (struct point){x + half * (side + lean) * 0.97f,
                           end ? 0 : up * rng_range(&e->rng, 0.4f, 0.7f)};
    }
    for (int i = 0; i + 1 < CREST; i++) {
        float side = 2 * ((float)i + 0.5f) / (CREST - 1) - 1;
        float light = 0.36f + 0.3f * side * e->sun;
        float above = light + rng_range(&e->rng, 0.12f, 0.34f);
        float below = light + rng_range(&e->rng, -0.24f, 0);
        const struct point low[] = {
            {waist[i].x, -0.01f},
            {waist[i + 1].x + 0.01f * half, -0.01f},
            {waist[i + 1].x + 0.01f * half, waist[i + 1].y + 0.02f * tall},
            {waist[i].x, waist[i].y + 0.02f * tall}};
        paint_polygon(e->s, low, 4, lit(e, stone, below), 1);
        const struct point top[] = {crest[i], crest[i + 1], waist[i + 1],
                                    waist[i]};
        paint_polygon(e->s, top, 4, lit(e, stone, above), 1);
    }
}

static void paint_rock(struct easel *e)
{
    struct color stone = e->t->place == PLACE_DESERT
                             ? (struct color){186, 124, 86}
                             : (struct color){128, 124, 120};
    paint_shadow(e, 0, 1, 0.09f);
    paint_crag(e, 0.25f, 0.55f, 0.6f, stone);
    paint_crag(e, -0.2f, 0.7f, 1, stone);
}

// A round wall in upright stripes from the shade into the sun.
static void paint_tower(struct easel *e, float y0, float y1, float r0, float r1,
                        struct color color)
{
    enum { STRIPES = 14 };
    for (int i = 0; i < STRIPES; i++) {
        float a = 2 * (float)i / STRIPES - 1;
        float b = 2 * (float)(i + 1) / STRIPES - 1 + 0.02f;
        float across = (a + b) / 2 * e->sun;
        float light = 0.52f + 0.52f * across - 0.3f * across * across;
        const struct point p[] = {
            {a * r0, y0}, {b * r0, y0}, {b * r1, y1}, {a * r1, y1}};
        paint_polygon(e->s, p, 4, lit(e, color, light), 1);
    }
}

static void paint_lamp_room(struct easel *e)
{
    struct color iron = {70, 74, 82}, red = {176, 58, 48};
    struct color lamp = {255, 236, 176};
    paint_tower(e, 0.83f, 0.845f, 0.075f, 0.075f, iron);
    paint_tower(e, 0.845f, 0.915f, 0.042f, 0.042f,
                (struct color){172, 196, 206});
    for (int i = -1; i <= 1; i++) {
        float x = 0.028f * (float)i;
        paint_rect(e->s, x - 0.004f, 0.845f, x + 0.004f, 0.915f,
                   lit(e, iron, 0.4f));
    }
    for (int i = -3; i <= 3; i++) {
        float x = 0.023f * (float)i;
        paint_rect(e->s, x - 0.002f, 0.845f, x + 0.002f, 0.872f,
                   lit(e, iron, 0.4f));
    }
    paint_rect(e->s, -0.075f, 0.87f, 0.075f, 0.875f, lit(e, iron, 0.4f));
    paint_tower(e, 0.915f, 0.965f, 0.052f, 0.006f, red);
    paint_rect(e->s, -0.004f, 0.96f, 0.004f, 1, lit(e, iron, 0.5f));
    if (e->dark) {
        paint_ellipse(e->s, 0, 0.88f, 0.024f, 0.026f, lamp, 1);
        paint_glow(e->s, 0, 0.88f, 0.3f, lamp, 0.9f);
    }
}

static void paint_lighthouse(struct easel *e)
{
    struct color white = {240, 236, 226}, red = {186, 62, 50};
    struct color stone = {112, 106, 102}, grass = {112, 122, 70};
    struct color deep =
        color_times(e->t->palette.water, (struct color){190, 190, 190});
    paint_ellipse(e->s, 0, -0.012f, 0.66f, 0.022f, deep, 0.55f);
    paint_ellipse(e->s, 0, -0.006f, 0.62f, 0.009f,
                  lit(e, (struct color){250, 250, 250}, 0.7f), 0.6f);
    paint_crag(e, 0.36f, 0.26f, 0.07f, stone);
    paint_crag(e, -0.34f, 0.3f, 0.085f, stone);
    paint_crag(e, 0.02f, 0.46f, 0.15f, stone);
    paint_ellipse(e->s, 0.02f, 0.125f, 0.3f, 0.02f, lit(e, grass, 0.6f), 1);
    // The keeper's house.
    paint_rect(e->s, 0.1f, 0.12f, 0.31f, 0.2f, lit(e, white, 0.75f));
    const struct point roof[] = {
        {0.085f, 0.195f}, {0.325f, 0.195f}, {0.285f, 0.26f}, {0.125f, 0.26f}};
    paint_polygon(e->s, roof, 4, lit(e, red, 0.6f), 1);
    paint_window(e, 0.15f, 0.145f, 0.175f, 0.178f, e->dark);
    paint_window(e, 0.235f, 0.145f, 0.26f, 0.178f, e->dark);
    for (int i = 0; i < 5; i++) {
        float a = 0.12f + 0.142f * (float)i;
        float ra = 0.1f - 0.0092f * (float)i, rb = ra - 0.0092f;
        paint_tower(e, a, a + 0.145f, ra, rb, i % 2 ? red : white);
    }
    for (int i = 0; i < 3; i++) {
        float y = 0.3f + 0.17f * (float)i;
        paint_window(e, -0.011f, y, 0.011f, y + 0.034f, e->dark);
    }
    paint_lamp_room(e);
}

static void paint_block(struct easel *e)
{
    static const struct color walls[] = {
        {148, 140, 132}, {120, 128, 140}, {164, 132, 112}};
    struct color wall = walls[rng_next(&e->rng) % 3];
    float half = rng_range(&e->rng, 0.15f, 0.21f);
    float corner = half * rng_range(&e->rng, -0.5f, 0.5f);
    float left = e->sun < 0 ? 0.85f : 0.25f, right = e->sun < 0 ? 0.25f : 0.85f;
    int floors = 10 + (int)(rng_next(&e->rng) % 8), bays = 8;
    float share = e->dark ? 0.45f : 0;
    paint_shadow(e, 0, half * 1.5f, 0.02f);
    paint_rect(e->s, -half, 0, corner, 0.94f, lit(e, wall, left));
    paint_rect(e->s, corner, 0, half, 0.94f, lit(e, wall, right));
    paint_rect(e->s, -half * 0.5f, 0.94f, half * 0.4f, 0.98f,
               lit(e, wall, 0.3f));
    paint_rect(e->s, -half * 0.2f, 0.98f, -half * 0.17f, 1.06f,
               lit(e, wall, 0.2f));
    float pitch = 0.9f / (float)floors, bay = 2 * half / (float)bays;
    struct color glass = {88, 108, 130}, lamp = {255, 206, 128};
    for (int i = 0; i < floors * bays; i++) {
        float x = -half + bay * ((float)(i % bays) + 0.2f);
        float y = 0.03f + pitch * (float)(i / bays);
        bool on = rng_unit(&e->rng) < share;
        float light = x < corner ? left : right;
        struct color c = on ? color_mix(lamp, (struct color){255, 240, 214},
                                        rng_unit(&e->rng))
                            : lit(e, glass, light * rng_unit(&e->rng));
        paint_rect(e->s, x, y, x + bay * 0.6f, y + pitch * 0.55f, c);
    }
}

static void paint_column(struct easel *e, float x, float y0, float y1,
                         float half)
{
    struct color green = {96, 122, 76};
    for (int i = 0; i < 6; i++) {
        float a = x + half * (2 * (float)i / 6 - 1);
        float light =
            0.45f + 0.45f * (a - x) / half * e->sun + (i % 2 ? 0.12f : -0.06f);
        float bow = half * (i == 0 || i == 5 ? 0.1f : 0.7f);
        paint_rect(e->s, a, y0, a + half * 0.345f, y1 + bow,
                   lit(e, green, light));
    }
}

static void paint_cactus(struct easel *e)
{
    paint_shadow(e, 0, 0.3f, 0.03f);
    float left = rng_range(&e->rng, 0.3f, 0.45f);
    float right = rng_range(&e->rng, 0.4f, 0.55f);
    paint_column(e, -0.14f, left, left + 0.06f, 0.09f);
    paint_column(e, -0.2f, left, left + 0.3f, 0.05f);
    paint_column(e, 0.14f, right, right + 0.06f, 0.09f);
    paint_column(e, 0.2f, right, right + 0.24f, 0.05f);
    paint_column(e, 0, 0, 0.93f, 0.075f);
}

static void paint_boat(struct easel *e)
{
    struct color sail = {240, 234, 220}, hull = {132, 62, 52};
    struct color dark =
        color_times(e->t->palette.water, (struct color){170, 170, 170});
    paint_ellipse(e->s, 0, -0.02f, 0.4f, 0.03f, dark, 0.7f);
    const struct point body[] = {
        {-0.34f, 0.1f}, {0.38f, 0.13f}, {0.26f, 0}, {-0.26f, 0}};
    paint_polygon(e->s, body, 4, lit(e, hull, 0.45f), 1);
    paint_rect(e->s, -0.008f, 0.1f, 0.008f, 1, lit(e, hull, 0.3f));
    const struct point main_sail[] = {
        {-0.02f, 0.95f}, {-0.3f, 0.24f}, {-0.02f, 0.2f}};
    const struct point jib[] = {
        {0.025f, 0.86f}, {0.33f, 0.22f}, {0.025f, 0.2f}};
    paint_polygon(e->s, main_sail, 3, lit(e, sail, e->sun < 0 ? 1 : 0.45f), 1);
    paint_polygon(e->s, jib, 3, lit(e, sail, e->sun < 0 ? 0.6f : 1), 1);
}

static void paint_lamp(struct easel *e)
{
    struct color iron = {66, 70, 78}, lamp = {255, 214, 140};
    paint_shadow(e, 0, 0.1f, 0.015f);
    paint_rect(e->s, -0.014f, 0, 0.014f, 0.92f, lit(e, iron, 0.4f));
    paint_rect(e->s, -0.03f, 0, 0.03f, 0.1f, lit(e, iron, 0.4f));
    paint_rect(e->s, -0.012f, 0.9f, 0.2f, 0.925f, lit(e, iron, 0.5f));
    paint_ellipse(e->s, 0.2f, 0.905f, 0.06f, 0.022f,
                  e->dark ? lamp : lit(e, iron, 0.8f), 1);
    if (e->dark)
        paint_glow(e->s, 0.2f, 0.9f, 0.3f, lamp, 0.8f);
}

struct kind {
    void (*paint)(struct easel *e);
    float fine;              // of the picture's shorter side, for its height
    float wide, under, over; // in heights
};

static const struct kind kinds[THINGS] = {
    [THING_TREE] = {paint_tree, 0.6f, 0.48f, 0.05f, 1.03f},
    [THING_PINE] = {paint_pine, 0.6f, 0.32f, 0.04f, 1.03f},
    [THING_BUSH] = {paint_bush, 0.22f, 1.0f, 0.12f, 1.05f},
    [THING_TUFT] = {paint_tuft, 0.1f, 0.95f, 0.05f, 1.02f},
    [THING_FENCE] = {paint_fence, 0.18f, 1.14f, 0.05f, 1.05f},
    [THING_HOUSE] = {paint_house, 0.34f, 1.2f, 0.08f, 1.05f},
    [THING_LIGHTHOUSE] = {paint_lighthouse, 0.75f, 0.7f, 0.04f, 1.2f},
    [THING_BLOCK] = {paint_block, 0.7f, 0.36f, 0.03f, 1.08f},
    [THING_CACTUS] = {paint_cactus, 0.4f, 0.36f, 0.05f, 1.02f},
    [THING_ROCK] = {paint_rock, 0.2f, 1.05f, 0.12f, 1.12f},
    [THING_BOAT] = {paint_boat, 0.3f, 0.45f, 0.06f, 1.02f},
    [THING_LAMP] = {paint_lamp, 0.5f, 0.52f, 0.02f, 1.25f},
};

struct sprites *sprites_new(const struct theme *theme, int side)
{
    struct sprites *s = xcalloc(1, sizeof(*s));
    s->theme = *theme;
    s->side = side;
    return s;
}

void sprites_free(struct sprites *s)
{
    if (!s)
        return;
    for (int i = 0; i < THINGS * VARIANTS; i++)
        sprite_free(s->of[i / VARIANTS][i % VARIANTS]);
    free(s);
}

const struct sprite *sprites_get(struct sprites *s, enum thing thing,
                                 int variant)
{
    struct sprite **sprite = &s->of[thing][variant];
    if (*sprite)
        return *sprite;
    const struct kind *k = &kinds[thing];
    int texels = (int)(k->fine * (float)s->side);
    *sprite = sprite_new(texels < 24 ? 24 : texels, k->wide, k->under, k->over);
    struct easel e = {
        .s = *sprite,
        .t = &s->theme,
        .rng = {s->theme.seed + (uint64_t)(thing * VARIANTS + variant)},
        .sun = s->theme.sun_u < 0 ? -1 : 1,
        .dark = s->theme.hour == HOUR_NIGHT || s->theme.hour == HOUR_DUSK,
    };
    k->paint(&e);
    sprite_finish(*sprite);
    return *sprite;
}
