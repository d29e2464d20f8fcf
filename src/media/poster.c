#include "media/poster.h"

#include <stdlib.h>

#include "media/jpeg.h"

bool media_poster(const char *path, const struct frame_pick *pick,
                  struct frame_room room, const char *out, int *width,
                  int *height, struct err *err)
{
    struct image image;
    if (!media_picture(path, pick, room, &image, err))
        return false;
    *width = image.width;
    *height = image.height;
    bool ok = jpeg_write(out, &image, err);
    free(image.rgb);
    return ok;
}
