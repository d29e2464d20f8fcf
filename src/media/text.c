#include "media/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <freetype/freetype.h>
#include <ft2build.h>

#include "base/mem.h"

#define ELLIPSIS 0x2026
#define REPLACEMENT 0xfffd
#define CHARS_MAX 4096 // of one line; more is never wide enough to be seen

static const char *const dirs[] = {
    TARMAC_UNIFONT_DIR,
    "/usr/share/fonts/opentype/unifont",
    "/usr/share/fonts/unifont",
    "/usr/local/share/fonts/unifont",
};

// Unifont is two files: the first 65,536 characters, and those above.
static const char *const files[] = {"unifont.otf", "unifont_upper.otf"};
enum { FACES = sizeof(files) / sizeof(*files) };

struct text_font {
    FT_Library library;
    FT_Face faces[FACES]; // the second may be missing
    int px;
};

static bool open_faces(struct text_font *font, const char *dir)
{
    for (int i = 0; i < FACES; i++) {
        char *path = xasprintf("%s/%s", dir, files[i]);
        FT_Error failed = FT_New_Face(font->library, path, 0, &font->faces[i]);
        free(path);
        if (failed)
            font->faces[i] = NULL;
        else
            FT_Set_Pixel_Sizes(font->faces[i], 0, (FT_UInt)font->px);
        if (!font->faces[0])
            return false;
    }
    return true;
}

struct text_font *text_font_open(int px)
{
    struct text_font *font = xcalloc(1, sizeof(*font));
    font->px = px;
    if (!FT_Init_FreeType(&font->library))
        for (size_t i = 0; i < sizeof(dirs) / sizeof(*dirs); i++)
            if (open_faces(font, dirs[i]))
                return font;
    text_font_close(font);
    return NULL;
}

void text_font_close(struct text_font *font)
{
    if (!font)
        return;
    if (font->library)
        FT_Done_FreeType(font->library); // and its faces
    free(font);
}

// The next character of `*s`, which it moves on; 0 at the end.
static uint32_t next_char(const unsigned char **s)
{
    const unsigned char *p = *s;
    if (!*p)
        return 0;
    int more = *p < 0x80   ? 0
               : *p < 0xc0 ? -1
               : *p < 0xe0 ? 1
               : *p < 0xf0 ? 2
                           : 3;
    uint32_t c = more == 0   ? *p
                 : more == 1 ? *p & 0x1fu
                 : more == 2 ? *p & 0x0fu
                             : *p & 0x07u;
    *s = p + 1;
    if (more < 0)
        return REPLACEMENT;
    for (int i = 0; i < more; i++) {
        if ((**s & 0xc0) != 0x80)
            return REPLACEMENT;
        c = c << 6 | (**s & 0x3fu);
        (*s)++;
    }
    return c < ' ' || c == 0x7f ? ' ' : c;
}

// The glyph of `c`, loaded (and drawn when `draw`) into its face's slot, or
// NULL when it cannot be.
static FT_GlyphSlot load(struct text_font *font, uint32_t c, bool draw)
{
    FT_Face face = font->faces[0];
    for (int i = 0; i < FACES; i++) {
        if (font->faces[i] && FT_Get_Char_Index(font->faces[i], c)) {
            face = font->faces[i];
            break;
        }
    }
    FT_Int32 flags = draw ? FT_LOAD_RENDER : FT_LOAD_DEFAULT;
    return FT_Load_Char(face, c, flags) ? NULL : face->glyph;
}

static int advance(struct text_font *font, uint32_t c)
{
    FT_GlyphSlot glyph = load(font, c, false);
    return glyph ? (int)(glyph->advance.x >> 6) : 0;
}

int text_width(struct text_font *font, const char *utf8)
{
    int width = 0;
    const unsigned char *s = (const unsigned char *)utf8;
    for (int n = 0; font && n < CHARS_MAX; n++) {
        uint32_t c = next_char(&s);
        if (!c)
            break;
        width += advance(font, c);
    }
    return width;
}

static void blend(struct text_mask *mask, const FT_Bitmap *b, int x, int y)
{
    for (int row = 0; row < (int)b->rows; row++) {
        for (int col = 0; col < (int)b->width; col++) {
            int mx = x + col, my = y + row;
            if (mx < 0 || my < 0 || mx >= mask->width || my >= mask->height)
                continue;
            const uint8_t *line = b->buffer + (ptrdiff_t)row * b->pitch;
            uint8_t cover = line[col];
            if (b->pixel_mode == FT_PIXEL_MODE_MONO)
                cover = line[col / 8] & (0x80 >> col % 8) ? 255 : 0;
            uint8_t *at = &mask->at[(ptrdiff_t)my * mask->width + mx];
            if (cover > *at)
                *at = cover;
        }
    }
}

void text_draw(struct text_font *font, struct text_mask *mask, int x, int y,
               int room, const char *utf8)
{
    if (!font)
        return;
    const FT_Size_Metrics *m = &font->faces[0]->size->metrics;
    int baseline = y + (int)(m->ascender >> 6);
    bool clip = text_width(font, utf8) > room;
    int end = x + room - (clip ? advance(font, ELLIPSIS) : 0);
    const unsigned char *s = (const unsigned char *)utf8;
    for (int n = 0; n < CHARS_MAX; n++) {
        uint32_t c = next_char(&s);
        if (!c)
            break;
        bool last = clip && x + advance(font, c) > end;
        FT_GlyphSlot glyph = load(font, last ? ELLIPSIS : c, true);
        if (glyph) {
            blend(mask, &glyph->bitmap, x + glyph->bitmap_left,
                  baseline - glyph->bitmap_top);
            x += (int)(glyph->advance.x >> 6);
        }
        if (last)
            break;
    }
}
