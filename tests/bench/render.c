// One clip, to be measured from outside by render.py.
//
// Usage: bench_render WORK WIDTH HEIGHT PROMPT FOLDER [FILE]
// WORK: scene, or of FILE image, fade (it is the last picture), restyle,
// perform (it drives FOLDER/poster.png), or upscale.

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "gateway/render.h"

#define PICTURE_MAX (16u << 20)

static struct render_bytes read_picture(const char *path, struct err *err)
{
    struct render_bytes picture = {0};
    picture.bytes = file_read(path, PICTURE_MAX, &picture.len, err);
    return picture;
}

static bool take(struct render_spec *spec, const char *work, const char *file,
                 const char *poster, struct err *err)
{
    if (strcmp(work, "scene") == 0)
        return true;
    if (strcmp(work, "image") == 0)
        return (spec->image = read_picture(file, err)).bytes;
    if (strcmp(work, "fade") == 0)
        return (spec->last_image = read_picture(file, err)).bytes;
    spec->film = file;
    spec->strength = -1;
    spec->kind = strcmp(work, "restyle") == 0   ? RENDER_RESTYLE
                 : strcmp(work, "perform") == 0 ? RENDER_PERFORM
                                                : RENDER_UPSCALE;
    return spec->kind != RENDER_PERFORM ||
           (spec->character = read_picture(poster, err)).bytes;
}

int main(int argc, char **argv)
{
    if (argc != 6 && argc != 7)
        return 2;
    struct render_spec spec = {.prompt = argv[4],
                               .model = "bench",
                               .width = (int)strtol(argv[2], NULL, 10),
                               .height = (int)strtol(argv[3], NULL, 10),
                               .seconds = 5,
                               .seed = -1};
    spec.motion[RENDER_X] = 3;
    spec.motion[RENDER_Z] = 4;
    char *clip = xasprintf("%s/%s.mp4", argv[5], argv[1]);
    char *poster = xasprintf("%s/poster.png", argv[5]);
    char *last = xasprintf("%s/last.png", argv[5]);
    struct render_facts facts;
    struct err err = {.kind = ERR_NONE};
    bool ok = take(&spec, argv[1], argv[6], poster, &err) &&
              render_clip(&spec, clip, poster, last, NULL, NULL, &facts, &err);
    if (!ok)
        fprintf(stderr, "%s\n", err.text);
    free((void *)spec.image.bytes);
    free((void *)spec.last_image.bytes);
    free((void *)spec.character.bytes);
    free(clip);
    free(poster);
    free(last);
    return ok ? 0 : 1;
}
