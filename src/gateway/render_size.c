#include <stdlib.h>
#include <string.h>

#include "gateway/render.h"

#define DRAFT_SIDE 320

static const struct {
    const char *ratio;
    int width, height;
} sizes[] = {
    {"16:9", 1280, 720}, {"9:16", 720, 1280}, {"1:1", 960, 960},
    {"4:3", 1104, 832},  {"3:4", 832, 1104},  {"21:9", 1584, 672},
};

// One side of a pair of pixels; `*s` moves behind its digits.
static bool side(const char **s, int *out)
{
    char *end;
    if (**s < '1' || **s > '9')
        return false;
    long n = strtol(*s, &end, 10);
    *s = end;
    *out = (int)n;
    return n % 2 == 0 && n >= RENDER_SIDE_MIN && n <= RENDER_SIDE_MAX;
}

static bool find(const char *ratio, int *width, int *height)
{
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        if (strcmp(ratio, sizes[i].ratio) == 0) {
            *width = sizes[i].width;
            *height = sizes[i].height;
            return true;
        }
    }
    return side(&ratio, width) && *ratio++ == ':' && side(&ratio, height) &&
           *ratio == '\0';
}

// `part` of DRAFT_SIDE, to the nearest even number.
static int even(int part, int whole)
{
    int n = (DRAFT_SIDE * part / whole + 1) / 2 * 2;
    return n < 2 ? 2 : n;
}

bool render_size(const char *ratio, bool draft, int *width, int *height)
{
    int w, h;
    if (!find(ratio, &w, &h))
        return false;
    int longer = w > h ? w : h;
    *width = draft ? even(w, longer) : w;
    *height = draft ? even(h, longer) : h;
    return true;
}

static int even_side(double x)
{
    int n = (int)(x / 2 + 0.5) * 2;
    return n < RENDER_SIDE_MIN ? RENDER_SIDE_MIN : n;
}

void render_size_like(int width, int height, int grow, int most, int *out_width,
                      int *out_height)
{
    double longer = width > height ? width : height;
    double scale = longer * grow > most ? most / longer : grow;
    *out_width = even_side(width * scale);
    *out_height = even_side(height * scale);
}
