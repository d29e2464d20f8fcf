#include "gateway/scene_noise.h"

#include <stdlib.h>

#include "base/mem.h"

uint64_t rng_next(struct rng *rng) // splitmix64
{
    uint64_t z = rng->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

float rng_unit(struct rng *rng)
{
    return (float)(rng_next(rng) >> 40) * (1.0f / 16777216.0f);
}

float rng_range(struct rng *rng, float from, float to)
{
    return from + (to - from) * rng_unit(rng);
}

float noise_hash(uint32_t seed, int x, int y)
{
    uint32_t h = seed ^ (uint32_t)x * 0x85ebca6bu ^ (uint32_t)y * 0xc2b2ae35u;
    h = (h ^ h >> 16) * 0x7feb352du;
    h = (h ^ h >> 15) * 0x846ca68bu;
    h ^= h >> 16;
    return (float)(h >> 8) * (1.0f / 16777216.0f);
}

// Add one octave: a lattice of cells x cells values, smoothly joined.
static void add_octave(float *sum, uint32_t seed, int cells, float weight)
{
    float *lattice = xmalloc(sizeof(float) * (size_t)cells * (size_t)cells);
    for (int y = 0; y < cells; y++)
        for (int x = 0; x < cells; x++)
            lattice[y * cells + x] = noise_hash(seed, x, y) * weight;
    int step = TILE_SIDE / cells;
    for (int y = 0; y < TILE_SIDE; y++) {
        const float *r0 = lattice + y / step * cells;
        const float *r1 = lattice + (y / step + 1) % cells * cells;
        float fy = smooth01(0, (float)step, (float)(y % step));
        for (int x = 0; x < TILE_SIDE; x++) {
            int x0 = x / step, x1 = (x0 + 1) % cells;
            float fx = smooth01(0, (float)step, (float)(x % step));
            sum[y * TILE_SIDE + x] +=
                mix(mix(r0[x0], r0[x1], fx), mix(r1[x0], r1[x1], fx), fy);
        }
    }
    free(lattice);
}

struct tile *tile_new(uint32_t seed, int cells, int octaves)
{
    const int n = TILE_SIDE * TILE_SIDE;
    float *sum = xcalloc((size_t)n, sizeof(*sum));
    float weight = 1;
    for (int i = 0; i < octaves && cells <= TILE_SIDE; i++) {
        add_octave(sum, seed + (uint32_t)i * 977u, cells, weight);
        cells *= 2;
        weight *= 0.5f;
    }
    float low = sum[0], high = sum[0];
    for (int i = 1; i < n; i++) {
        low = sum[i] < low ? sum[i] : low;
        high = sum[i] > high ? sum[i] : high;
    }
    struct tile *tile = xmalloc(sizeof(*tile));
    for (int i = 0; i < n; i++)
        tile->at[i] =
            (uint16_t)((sum[i] - low) / (high - low) * 65535.0f + 0.5f);
    free(sum);
    return tile;
}

struct grid *grid_of(const struct tile *tile)
{
    const int mask = TILE_SIDE - 1;
    struct grid *grid = xmalloc(sizeof(*grid));
    for (int i = 0; i < TILE_SIDE * TILE_SIDE; i++) {
        int x = i & mask, y = i - x, right = (x + 1) & mask;
        int below = (y + TILE_SIDE) & (mask * TILE_SIDE);
        const int from[] = {y + x, y + right, below + x, below + right};
        grid->at[i] = 0;
        for (int k = 0; k < 4; k++)
            grid->at[i] |= (tile->at[from[k]] * 255u + 32767) / 65535 << 8 * k;
    }
    return grid;
}
