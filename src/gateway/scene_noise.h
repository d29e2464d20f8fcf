// Randomness that is the same everywhere: a generator, a hash of a place, and
// a seamless tile of cloudy noise.

#pragma once

#include <stdint.h>

#include "base/cloned.h"

struct rng {
    uint64_t state;
};

uint64_t rng_next(struct rng *rng);
float rng_unit(struct rng *rng); // 0 <= x < 1
float rng_range(struct rng *rng, float from, float to);

float noise_hash(uint32_t seed, int x, int y); // 0 <= h < 1

#define TILE_SIDE 512 // a power of two

struct tile {
    uint16_t at[TILE_SIDE * TILE_SIDE]; // the whole range is used
};

// `cells`: blobs across the tile in the coarsest of the octaves. free().
struct tile *tile_new(uint32_t seed, int cells, int octaves);

// Bilinear, 0..1; x and y in texels, wrapping.
static inline float tile_at(const struct tile *tile, float x, float y)
{
    int ix = (int)x - (x < 0), iy = (int)y - (y < 0);
    unsigned fx = (unsigned)((x - (float)ix) * 256);
    unsigned fy = (unsigned)((y - (float)iy) * 256);
    unsigned x0 = (unsigned)ix & (TILE_SIDE - 1);
    unsigned x1 = (x0 + 1) & (TILE_SIDE - 1);
    const uint16_t *r0 =
        tile->at + ((unsigned)iy & (TILE_SIDE - 1)) * TILE_SIDE;
    const uint16_t *r1 =
        tile->at + ((unsigned)(iy + 1) & (TILE_SIDE - 1)) * TILE_SIDE;
    unsigned a = r0[x0] * (256 - fx) + r0[x1] * fx;
    unsigned b = r1[x0] * (256 - fx) + r1[x1] * fx;
    unsigned sum = (a >> 8) * (256 - fy) + (b >> 8) * fy;
    return (float)(int)(sum >> 1) * (2.0f / (65535.0f * 256));
}

// The same in bytes, each with its three neighbours, to be looked up at once.
struct grid {
    uint32_t at[TILE_SIDE * TILE_SIDE]; // itself lowest, right, below, both
};

struct grid *grid_of(const struct tile *tile); // free()

INLINED float grid_at(const struct grid *grid, float x, float y)
{
    int sx = (int)(x * 256), sy = (int)(y * 256), fx = sx & 255, fy = sy & 255;
    const int mask = TILE_SIDE - 1, ix = sx >> 8 & mask, iy = sy >> 8 & mask;
    uint32_t four = grid->at[iy * TILE_SIDE + ix];
    int a = (int)(four & 255), b = (int)(four >> 8 & 255);
    int c = (int)(four >> 16 & 255), d = (int)(four >> 24);
    int above = (a << 8) + (b - a) * fx, below = (c << 8) + (d - c) * fx;
    return (float)((above << 8) + (below - above) * fy) *
           (1.0f / (255 * 65536));
}

static inline float clamp01(float x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static inline float smooth01(float from, float to, float x)
{
    float t = clamp01((x - from) / (to - from));
    return t * t * (3 - 2 * t);
}

static inline float mix(float a, float b, float t)
{
    return a + (b - a) * t;
}
