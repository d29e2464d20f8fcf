#include "gateway/render_inset.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"

#define SIZE 0.24            // of the frame
#define TALL 1.4             // and so much more of its height
#define EDGE 215             // the light of its edge
#define KEPT_MAX (32u << 20) // bytes of all pictures
#define BROAD 640            // width of a frame beyond which the edge is two

struct inset {
    int frame_width, frame_height;
    int width, height; // even
    size_t size;       // of a picture, in bytes
    bool keeps;        // one a frame in `bytes`, else one
    uint8_t *bytes;
};

struct inset *inset_new(const struct film_facts *film, int width, int height,
                        int frames)
{
    struct inset *s = xcalloc(1, sizeof(*s));
    double w = width * SIZE, h = height * SIZE * TALL;
    double shape = (double)film->width / film->height;
    if (w / shape > h)
        w = h * shape;
    else
        h = w / shape;
    s->frame_width = width;
    s->frame_height = height;
    s->width = w < 8 ? 8 : (int)w / 2 * 2;
    s->height = h < 8 ? 8 : (int)h / 2 * 2;
    s->size = yuv_size(s->width, s->height);
    s->keeps = s->size * (size_t)frames <= KEPT_MAX;
    s->bytes = xmalloc(s->size * (s->keeps ? (size_t)frames : 1));
    return s;
}

void inset_free(struct inset *s)
{
    if (!s)
        return;
    free(s->bytes);
    free(s);
}

bool inset_keeps(const struct inset *s)
{
    return s->keeps;
}

static struct yuv_planes picture_of(const struct inset *s, int frame)
{
    size_t at = s->keeps ? s->size * (size_t)frame : 0;
    return yuv_in(s->bytes + at, s->width, s->height);
}

bool inset_keep(struct inset *s, struct film *film, int frame, double time,
                struct err *err)
{
    struct yuv_planes to = picture_of(s, frame);
    return !s->keeps || film_read_planes(film, time, s->width, s->height,
                                         FILM_SOFT, &to, err);
}

// A plane of the inset, and around it its edge.
struct plane {
    const uint8_t *from;
    int from_line, width, height;
    uint8_t *to;
    int to_line, left, top, right, bottom; // the place; the frame's size
    int wide, edge;                        // of the edge: pixels, value
};

static void lay_plane(const struct plane *p, int part)
{
    for (int y = -p->wide; y < p->height + p->wide; y++)
        for (int x = -p->wide; x < p->width + p->wide; x++) {
            bool inside = x >= 0 && y >= 0 && x < p->width && y < p->height;
            int px = p->left + x, py = p->top + y;
            if (px < 0 || px >= p->right || py >= p->bottom)
                continue;
            int over =
                inside ? p->from[(ptrdiff_t)y * p->from_line + x] : p->edge;
            uint8_t *at = p->to + (ptrdiff_t)py * p->to_line + px;
            *at = (uint8_t)((*at * (256 - part) + over * part) >> 8);
        }
}

static void lay(const struct inset *s, const struct yuv_planes *from, int part,
                const struct yuv_planes *planes)
{
    int x0 = (s->frame_width - s->width - s->frame_height / 24) / 2 * 2;
    int y0 = s->frame_height / 48 * 2;
    for (int k = 0; k < 3; k++) {
        int half = k > 0 ? 2 : 1;
        struct plane p = {
            .from = from->at[k],
            .from_line = from->stride[k],
            .width = s->width / half,
            .height = s->height / half,
            .to = planes->at[k],
            .to_line = planes->stride[k],
            .left = x0 / half,
            .top = y0 / half,
            .right = s->frame_width / half,
            .bottom = s->frame_height / half,
            .wide = k == 0 && s->frame_width > BROAD ? 2 : 1,
            .edge = k > 0 ? 128 : EDGE,
        };
        lay_plane(&p, part);
    }
}

bool inset_draw(struct inset *s, struct film *film, int frame, double time,
                int part, const struct yuv_planes *planes, struct err *err)
{
    struct yuv_planes from = picture_of(s, frame);
    if (!s->keeps && !film_read_planes(film, time, s->width, s->height,
                                       FILM_SOFT, &from, err))
        return false;
    lay(s, &from, part, planes);
    return true;
}
