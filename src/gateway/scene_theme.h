// What a prompt looks like: the place, the hour, the colours. Plain words in
// the prompt steer it ("night", "sea", "snow" …); its hash settles the rest.

#pragma once

#include <stdbool.h>
#include <stdint.h>

enum place {
    PLACE_MEADOW,
    PLACE_FOREST,
    PLACE_SEA,
    PLACE_SNOW,
    PLACE_DESERT,
    PLACE_CITY,
    PLACES
};

enum hour { HOUR_DAY, HOUR_DUSK, HOUR_NIGHT, HOUR_DAWN, HOURS };

struct color {
    float r, g, b; // 0..255
};

struct palette {
    struct color zenith, mid, horizon; // the sky, from above
    struct color glow, sun;            // around the sun, and its disc
    struct color cloud_lit, cloud_dark;
    struct color haze;     // what the distance fades into
    struct color sunlight; // factors, 255 = 1, on what the sun reaches
    struct color shade;    // factors on what it does not
    struct color water;    // deep water
    float glow_strength;
    float stars; // 0..1
};

struct theme {
    enum place place;
    enum hour hour;
    bool lighthouse;
    uint64_t seed;
    struct palette palette;
    struct color ground_a, ground_b; // under the daylight, blotches of both
    float sun_u, sun_e;              // the sun: aside, and above the horizon
    float cloudiness;                // 0..1
};

// `seed` -1: from the prompt alone.
struct theme theme_of(const char *prompt, int64_t seed);

static inline struct color color_mix(struct color a, struct color b, float t)
{
    return (struct color){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t,
                          a.b + (b.b - a.b) * t};
}

// `f`: 255 = 1.
static inline struct color color_times(struct color a, struct color f)
{
    const float k = 1.0f / 255;
    return (struct color){a.r * f.r * k, a.g * f.g * k, a.b * f.b * k};
}

static inline struct color color_scale(struct color c, float k)
{
    return (struct color){c.r * k, c.g * k, c.b * k};
}
