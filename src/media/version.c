#include "media/version.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libswscale/swscale.h>

#include <ft2build.h>

#include <freetype/freetype.h>

static void add(const char *name, unsigned version, struct buf *out)
{
    buf_printf(out, "%s %u.%u.%u\n", name, AV_VERSION_MAJOR(version),
               AV_VERSION_MINOR(version), AV_VERSION_MICRO(version));
}

void media_versions(struct buf *out)
{
    add("libavformat", avformat_version(), out);
    add("libavcodec", avcodec_version(), out);
    add("libavutil", avutil_version(), out);
    add("libswscale", swscale_version(), out);
    FT_Library library;
    int major = 0, minor = 0, patch = 0;
    if (FT_Init_FreeType(&library) == 0) {
        FT_Library_Version(library, &major, &minor, &patch);
        FT_Done_FreeType(library);
    }
    buf_printf(out, "FreeType %d.%d.%d\n", major, minor, patch);
}
