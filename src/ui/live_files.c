// Clips and posters, by names that are a part of their hash: nothing that a
// client sends becomes a path.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/find.h"
#include "store/store.h"
#include "ui/live_inside.h"

// Others want to be answered, too, while a clip is played.
#define PIECE_BYTES ((uint64_t)1 << 20)

// The name says what is in it, for good.
static void keep_long(struct net_call *call)
{
    net_answer_header(call, "Cache-Control",
                      "private, max-age=31536000, immutable");
}

// "0f3a….mp4": its hash, and what is behind the dot.
static const char *extension(const char *name)
{
    return strlen(name) > STORE_NAMED_HEX + 1 && name[STORE_NAMED_HEX] == '.'
               ? name + STORE_NAMED_HEX + 1
               : NULL;
}

void live_answer_clip(struct live *live, struct net_call *call,
                      const char *name)
{
    char sha256[HASH_HEX], found[STORE_EXT];
    const char *ext = extension(name);
    if (!ext || !store_find(live->config.state_dir, name, ext, sha256, found)) {
        live_refuse(call, 404, "there is no such clip");
        return;
    }
    char *path = store_file_path(live->config.state_dir, sha256, found);
    bool quicktime = strcmp(found, "mov") == 0;
    char *type = xasprintf("video/%s", quicktime ? "quicktime" : found);
    keep_long(call);
    net_answer_file_pieces(call, PIECE_BYTES);
    net_answer_file(call, path, type, sha256);
    free(type);
    free(path);
}

static void unlink_picture(struct live_call *picture)
{
    struct live_call **link = &picture->live->pictures;
    while (*link != picture)
        link = &(*link)->next;
    *link = picture->next;
    free(picture);
}

static void on_poster(void *arg, const char *path, const char *why)
{
    struct live_call *picture = arg;
    if (path) {
        keep_long(picture->call);
        net_answer_file(picture->call, path, "image/jpeg", NULL);
    } else {
        live_refuse(picture->call, 404, why);
    }
    unlink_picture(picture);
}

void live_answer_poster(struct live *live, struct net_call *call,
                        const char *name)
{
    char sha256[HASH_HEX], found[STORE_EXT];
    const char *ext = extension(name);
    if (!ext || strcmp(ext, "jpg") != 0 ||
        !store_find(live->config.state_dir, name, NULL, sha256, found)) {
        live_refuse(call, 404, "there is no such clip");
        return;
    }
    struct live_call *picture = xcalloc(1, sizeof(*picture));
    *picture =
        (struct live_call){.live = live, .next = live->pictures, .call = call};
    live->pictures = picture;
    posters_get(live->posters, sha256, found, on_poster, picture);
}

void live_drop_pictures(struct live *live)
{
    while (live->pictures) {
        struct live_call *picture = live->pictures;
        live->pictures = picture->next;
        net_answer_none(picture->call);
        free(picture);
    }
}
