#include "gateway/scene_theme.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "gateway/scene_noise.h"

// A word counts where a word begins; a short one only as a whole word ("sea"
// is not in "season"). Scripts without spaces are searched anywhere.
struct word {
    const char *text;
    int means;
};

#define PREFIX_MIN 5

static const struct word hour_words[] = {
    {"night", HOUR_NIGHT},      {"midnight", HOUR_NIGHT},
    {"moon", HOUR_NIGHT},       {"moonlit", HOUR_NIGHT},
    {"stars", HOUR_NIGHT},      {"starry", HOUR_NIGHT},
    {"neon", HOUR_NIGHT},       {"dark", HOUR_NIGHT},
    {"dusk", HOUR_DUSK},        {"sunset", HOUR_DUSK},
    {"evening", HOUR_DUSK},     {"twilight", HOUR_DUSK},
    {"golden hour", HOUR_DUSK}, {"dawn", HOUR_DAWN},
    {"sunrise", HOUR_DAWN},     {"morning", HOUR_DAWN},
    {"fog", HOUR_DAWN},         {"mist", HOUR_DAWN},
    {"misty", HOUR_DAWN},       {"noon", HOUR_DAY},
    {"day", HOUR_DAY},          {"daylight", HOUR_DAY},
    {"sunny", HOUR_DAY},        {"夜", HOUR_NIGHT},
    {"月", HOUR_NIGHT},         {"星空", HOUR_NIGHT},
    {"黄昏", HOUR_DUSK},        {"夕", HOUR_DUSK},
    {"傍晚", HOUR_DUSK},        {"日落", HOUR_DUSK},
    {"黎明", HOUR_DAWN},        {"清晨", HOUR_DAWN},
    {"日出", HOUR_DAWN},        {"早晨", HOUR_DAWN},
    {"白天", HOUR_DAY},         {"中午", HOUR_DAY},
};

static const struct word place_words[] = {
    {"lighthouse", PLACE_SEA}, {"sea", PLACE_SEA},
    {"seas", PLACE_SEA},       {"seaside", PLACE_SEA},
    {"ocean", PLACE_SEA},      {"coast", PLACE_SEA},
    {"beach", PLACE_SEA},      {"lake", PLACE_SEA},
    {"pier", PLACE_SEA},       {"cliff", PLACE_SEA},
    {"cliffs", PLACE_SEA},     {"island", PLACE_SEA},
    {"harbour", PLACE_SEA},    {"harbor", PLACE_SEA},
    {"ship", PLACE_SEA},       {"boat", PLACE_SEA},
    {"waves", PLACE_SEA},      {"water", PLACE_SEA},
    {"snow", PLACE_SNOW},      {"snowy", PLACE_SNOW},
    {"winter", PLACE_SNOW},    {"ice", PLACE_SNOW},
    {"arctic", PLACE_SNOW},    {"glacier", PLACE_SNOW},
    {"desert", PLACE_DESERT},  {"dune", PLACE_DESERT},
    {"dunes", PLACE_DESERT},   {"sand", PLACE_DESERT},
    {"canyon", PLACE_DESERT},  {"mars", PLACE_DESERT},
    {"city", PLACE_CITY},      {"cities", PLACE_CITY},
    {"street", PLACE_CITY},    {"urban", PLACE_CITY},
    {"skyline", PLACE_CITY},   {"tokyo", PLACE_CITY},
    {"york", PLACE_CITY},      {"skyscraper", PLACE_CITY},
    {"neon", PLACE_CITY},      {"forest", PLACE_FOREST},
    {"wood", PLACE_FOREST},    {"woods", PLACE_FOREST},
    {"trees", PLACE_FOREST},   {"jungle", PLACE_FOREST},
    {"pine", PLACE_FOREST},    {"meadow", PLACE_MEADOW},
    {"field", PLACE_MEADOW},   {"fields", PLACE_MEADOW},
    {"village", PLACE_MEADOW}, {"farm", PLACE_MEADOW},
    {"hills", PLACE_MEADOW},   {"海", PLACE_SEA},
    {"灯塔", PLACE_SEA},       {"湖", PLACE_SEA},
    {"雪", PLACE_SNOW},        {"冬", PLACE_SNOW},
    {"沙漠", PLACE_DESERT},    {"城", PLACE_CITY},
    {"街", PLACE_CITY},        {"森", PLACE_FOREST},
    {"林", PLACE_FOREST},      {"草原", PLACE_MEADOW},
    {"村", PLACE_MEADOW},
};

static const struct word tower_words[] = {
    {"lighthouse", 1}, {"灯塔", 1}, {"beacon", 1}, {"faro", 1}};

static const struct palette palettes[HOURS] = {
    [HOUR_DAY] = {.zenith = {44, 104, 178},
                  .mid = {108, 168, 218},
                  .horizon = {214, 230, 234},
                  .glow = {255, 244, 214},
                  .sun = {255, 252, 240},
                  .cloud_lit = {255, 254, 250},
                  .cloud_dark = {168, 186, 208},
                  .haze = {190, 212, 224},
                  .sunlight = {262, 252, 228},
                  .shade = {124, 142, 168},
                  .water = {22, 84, 112},
                  .glow_strength = 0.55f},
    [HOUR_DUSK] = {.zenith = {34, 42, 88},
                   .mid = {134, 88, 124},
                   .horizon = {252, 164, 98},
                   .glow = {255, 176, 88},
                   .sun = {255, 238, 196},
                   .cloud_lit = {255, 150, 104},
                   .cloud_dark = {92, 66, 106},
                   .haze = {206, 132, 110},
                   .sunlight = {246, 168, 112},
                   .shade = {80, 68, 104},
                   .water = {34, 40, 74},
                   .glow_strength = 0.95f},
    [HOUR_NIGHT] = {.zenith = {7, 11, 30},
                    .mid = {17, 30, 62},
                    .horizon = {54, 78, 116},
                    .glow = {128, 158, 206},
                    .sun = {240, 242, 248},
                    .cloud_lit = {84, 102, 138},
                    .cloud_dark = {20, 28, 50},
                    .haze = {42, 60, 96},
                    .sunlight = {92, 116, 164},
                    .shade = {26, 36, 66},
                    .water = {8, 18, 40},
                    .glow_strength = 0.45f,
                    .stars = 1},
    [HOUR_DAWN] = {.zenith = {92, 124, 172},
                   .mid = {188, 178, 198},
                   .horizon = {255, 218, 186},
                   .glow = {255, 216, 158},
                   .sun = {255, 248, 226},
                   .cloud_lit = {255, 224, 204},
                   .cloud_dark = {156, 146, 174},
                   .haze = {226, 196, 186},
                   .sunlight = {250, 212, 172},
                   .shade = {112, 112, 142},
                   .water = {62, 86, 116},
                   .glow_strength = 0.8f},
};

static const struct color grounds[PLACES][2] = {
    [PLACE_MEADOW] = {{118, 140, 62}, {164, 156, 84}},
    [PLACE_FOREST] = {{72, 92, 48}, {112, 104, 62}},
    [PLACE_SEA] = {{196, 170, 124}, {134, 138, 82}},
    [PLACE_SNOW] = {{236, 240, 246}, {200, 212, 230}},
    [PLACE_DESERT] = {{226, 176, 112}, {196, 138, 86}},
    [PLACE_CITY] = {{92, 92, 98}, {116, 112, 112}},
};

static bool has_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    bool letters = isalpha((unsigned char)*word);
    for (const char *at = text; (at = strstr(at, word)); at++) {
        if (!letters)
            return true;
        bool starts = at == text || !isalpha((unsigned char)at[-1]);
        bool ends = !isalpha((unsigned char)at[len]);
        if (starts && (ends || len >= PREFIX_MIN))
            return true;
    }
    return false;
}

// What the first word of `words` that is in `text` means, else `fallback`.
static int meaning(const char *text, const struct word *words, size_t n,
                   int fallback)
{
    for (size_t i = 0; i < n; i++)
        if (has_word(text, words[i].text))
            return words[i].means;
    return fallback;
}

static uint64_t seed_of(const char *prompt, int64_t seed)
{
    char hex[HASH_HEX];
    hash_bytes(prompt, strlen(prompt), hex);
    hex[16] = '\0';
    struct rng rng = {strtoull(hex, NULL, 16)};
    if (seed >= 0)
        rng.state ^= (uint64_t)seed * 0xd1342543de82ef95u + 1;
    return rng_next(&rng);
}

// The same hour never looks quite the same twice.
static void vary(struct palette *p, struct rng *rng)
{
    struct color *sky[] = {&p->zenith, &p->mid, &p->horizon, &p->cloud_lit,
                           &p->haze};
    float warm = rng_range(rng, -0.07f, 0.07f);
    float green = rng_range(rng, -0.035f, 0.035f);
    for (size_t i = 0; i < sizeof(sky) / sizeof(*sky); i++) {
        sky[i]->r *= 1 + warm;
        sky[i]->g *= 1 + green;
        sky[i]->b *= 1 - warm;
    }
}

static void place_sun(struct theme *t, struct rng *rng)
{
    static const float low[HOURS] = {0.24f, 0.045f, 0.2f, 0.07f};
    static const float high[HOURS] = {0.31f, 0.095f, 0.28f, 0.13f};
    t->sun_e = rng_range(rng, low[t->hour], high[t->hour]);
    t->sun_u = rng_range(rng, 0.1f, 0.34f);
    if (rng_unit(rng) < 0.5f)
        t->sun_u = -t->sun_u;
}

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

struct theme theme_of(const char *prompt, int64_t seed)
{
    static const enum hour any_hour[] = {HOUR_DAY,  HOUR_DUSK, HOUR_DUSK,
                                         HOUR_DAWN, HOUR_DAY,  HOUR_NIGHT};
    char *text = xstrdup(prompt);
    for (char *c = text; *c; c++)
        *c = (char)((*c & 0x80) ? *c : tolower((unsigned char)*c));
    struct theme t = {.seed = seed_of(prompt, seed)};
    struct rng rng = {t.seed};
    int hour = (int)any_hour[rng_next(&rng) % COUNT(any_hour)];
    int place = (int)(rng_next(&rng) % PLACES);
    t.hour = (enum hour)meaning(text, hour_words, COUNT(hour_words), hour);
    t.place = (enum place)meaning(text, place_words, COUNT(place_words), place);
    t.lighthouse = meaning(text, tower_words, COUNT(tower_words), 0) == 1;
    free(text);
    t.palette = palettes[t.hour];
    vary(&t.palette, &rng);
    t.ground_a = grounds[t.place][0];
    t.ground_b = grounds[t.place][1];
    place_sun(&t, &rng);
    t.cloudiness = rng_range(&rng, 0.3f, 0.75f);
    return t;
}
