#include "gateway/render_depth.h"

#include <math.h>
#include <string.h>

#include "gateway/scene_noise.h"

#define HIGHEST 0.34f // where a horizon may be, of the height
#define LOWEST 0.72f
#define USUAL 0.58f
#define BAND 3      // rows that are compared, above and below it
#define FRONT 0.30f // nearness of what stands in front
#define TALL 0.96f  // of it that reaches the row above: what stands, stands up
#define SOFTEN 2    // blurs of it, BLUR cells to each side
#define BLUR 2

typedef float cells[DEPTH_ROWS][DEPTH_COLUMNS];

static int light_at(const struct image *image, int x, int y)
{
    const uint8_t *at =
        image->rgb + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
    return (at[0] * 77 + at[1] * 150 + at[2] * 29) >> 8;
}

// Mean light of a cell, and how much it changes within.
static void measure_cell(const struct image *image, int row, int column,
                         float *light, float *contrast)
{
    int x0 = column * image->width / DEPTH_COLUMNS;
    int x1 = (column + 1) * image->width / DEPTH_COLUMNS;
    int y0 = row * image->height / DEPTH_ROWS;
    int y1 = (row + 1) * image->height / DEPTH_ROWS;
    int64_t sum = 0, change = 0, n = 0;
    for (int y = y0; y < y1 || y == y0; y++)
        for (int x = x0; x < x1 || x == x0; x++, n++) {
            int l = light_at(image, x, y);
            int dx = light_at(image, x > 0 ? x - 1 : 0, y) - l;
            int dy = light_at(image, x, y > 0 ? y - 1 : 0) - l;
            sum += l;
            change += (dx < 0 ? -dx : dx) + (dy < 0 ? -dy : dy);
        }
    *light = (float)sum / (float)n / 255;
    *contrast = (float)change / (float)n;
}

static float mean_of(const float *rows, int from)
{
    float sum = 0;
    for (int i = 0; i < BAND; i++)
        sum += rows[from + i];
    return sum / BAND;
}

// The row where the light changes most, rather where horizons use to be.
static float horizon_of(cells light)
{
    float rows[DEPTH_ROWS] = {0};
    for (int y = 0; y < DEPTH_ROWS; y++)
        for (int x = 0; x < DEPTH_COLUMNS; x++)
            rows[y] += light[y][x] / DEPTH_COLUMNS;
    float best = 0.02f, at = USUAL;
    for (int y = BAND; y + BAND <= DEPTH_ROWS; y++) {
        float place = (float)y / DEPTH_ROWS;
        if (place < HIGHEST || place > LOWEST)
            continue;
        float change = fabsf(mean_of(rows, y - BAND) - mean_of(rows, y));
        float score = change * (1 - 2 * fabsf(place - USUAL));
        if (score > best) {
            best = score;
            at = place;
        }
    }
    return at;
}

static void blur(cells c)
{
    cells from;
    for (int turn = 0; turn < 2 * SOFTEN; turn++) {
        memcpy(from, c, sizeof(from));
        for (int y = 0; y < DEPTH_ROWS; y++)
            for (int x = 0; x < DEPTH_COLUMNS; x++) {
                float sum = 0;
                for (int i = -BLUR; i <= BLUR; i++) {
                    int cx = turn % 2 ? x : x + i, cy = turn % 2 ? y + i : y;
                    cx = cx < 0                ? 0
                         : cx >= DEPTH_COLUMNS ? DEPTH_COLUMNS - 1
                                               : cx;
                    cy = cy < 0 ? 0 : cy >= DEPTH_ROWS ? DEPTH_ROWS - 1 : cy;
                    sum += from[cy][cx];
                }
                c[y][x] = sum / (2 * BLUR + 1);
            }
    }
}

// What stands in front: contrast, a little rather in the dark, and not at the
// edges of the picture.
static void find_front(cells light, cells contrast)
{
    float most = 4; // below it is noise
    for (int y = 0; y < DEPTH_ROWS; y++)
        for (int x = 0; x < DEPTH_COLUMNS; x++)
            most = contrast[y][x] > most ? contrast[y][x] : most;
    for (int y = 0; y < DEPTH_ROWS; y++)
        for (int x = 0; x < DEPTH_COLUMNS; x++) {
            float aside = 2 * ((float)x + 0.5f) / DEPTH_COLUMNS - 1;
            float down = 2 * ((float)y + 0.5f) / DEPTH_ROWS - 1.1f;
            float middle =
                1 - smooth01(0.4f, 1.6f, aside * aside + down * down);
            float part = contrast[y][x] / most * (1.2f - 0.5f * light[y][x]);
            contrast[y][x] = clamp01(2 * part) * middle;
        }
    for (int y = DEPTH_ROWS - 2; y >= 0; y--)
        for (int x = 0; x < DEPTH_COLUMNS; x++)
            if (contrast[y][x] < contrast[y + 1][x] * TALL)
                contrast[y][x] = contrast[y + 1][x] * TALL;
    blur(contrast);
}

struct depth depth_of(const struct image *image)
{
    cells light, front;
    for (int y = 0; y < DEPTH_ROWS; y++)
        for (int x = 0; x < DEPTH_COLUMNS; x++)
            measure_cell(image, y, x, &light[y][x], &front[y][x]);
    float horizon = horizon_of(light);
    find_front(light, front);
    struct depth depth;
    for (int y = 0; y < DEPTH_ROWS; y++) {
        float place = ((float)y + 0.5f) / DEPTH_ROWS;
        float ground = clamp01((place - horizon) / (1 - horizon));
        for (int x = 0; x < DEPTH_COLUMNS; x++)
            depth.near[y][x] =
                ground + (1 - ground) * FRONT * clamp01(front[y][x]);
    }
    return depth;
}
