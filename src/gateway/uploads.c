#include "gateway/uploads.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

#define LIFE_MS ((int64_t)24 * 3600 * 1000)
#define SWEEP_MS ((int64_t)3600 * 1000)
#define TOKEN_LEN (TOKEN_HEX - 1)
#define CLAIMED ".claimed"

struct uploads {
    char *dir;
    const struct clock *clock;
    struct loop_timer *timer;
};

// --- what the bytes are

static const struct kind {
    size_t at, len;
    const char *magic;
    const char *suffix, *type;
} kinds[] = {
    {0, 8, "\x89PNG\r\n\x1a\n", ".png", "image/png"},
    {0, 3, "\xff\xd8\xff", ".jpg", "image/jpeg"},
    {8, 4, "WEBP", ".webp", "image/webp"},
    {4, 8, "ftypqt  ", ".mov", "video/quicktime"},
    {4, 8, "ftypM4A ", ".m4a", "audio/mp4"},
    {4, 4, "ftyp", ".mp4", "video/mp4"},
    {0, 4, "\x1a\x45\xdf\xa3", ".webm", "video/webm"},
    {8, 4, "AVI ", ".avi", "video/x-msvideo"},
    {8, 4, "WAVE", ".wav", "audio/wav"},
    {0, 4, "OggS", ".ogg", "audio/ogg"},
    {0, 4, "fLaC", ".flac", "audio/flac"},
    {0, 3, "ID3", ".mp3", "audio/mpeg"},
    {0, 2, "\xff\xfb", ".mp3", "audio/mpeg"},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static const struct kind *kind_of(const void *bytes, size_t len)
{
    const char *b = bytes;
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind *k = &kinds[i];
        bool riff = k->at == 8;
        if (len >= k->at + k->len && (!riff || memcmp(b, "RIFF", 4) == 0) &&
            memcmp(b + k->at, k->magic, k->len) == 0)
            return k;
    }
    return NULL;
}

const char *uploads_type(const void *bytes, size_t len)
{
    const struct kind *k = kind_of(bytes, len);
    return k ? k->type : NULL;
}

const char *uploads_type_of(const char *path)
{
    for (size_t i = 0; i < KINDS; i++)
        if (text_stem(path, kinds[i].suffix) > 0)
            return kinds[i].type;
    return "application/octet-stream";
}

// --- names

static bool token_ok(const char *s)
{
    return strlen(s) == TOKEN_LEN && strspn(s, "0123456789abcdef") == TOKEN_LEN;
}

const char *uploads_token_of(const char *uri)
{
    static const char scheme[] = "runway://upload/", folder[] = UPLOADS_FOLDER;
    const char *token = NULL;
    if (text_starts(uri, scheme)) {
        token = uri + strlen(scheme);
    } else if (text_starts(uri, "http://") || text_starts(uri, "https://")) {
        const char *path = strstr(uri, "://") + 3;
        path += strcspn(path, "/?#");
        if (text_starts(path, folder))
            token = path + strlen(folder);
    }
    return token && token_ok(token) ? token : NULL;
}

static char *place(const struct uploads *u, const char *token,
                   const char *suffix)
{
    return xasprintf("%s/%s%s", u->dir, token, suffix);
}

// --- those that are too old

static void sweep(struct uploads *u)
{
    DIR *dir = opendir(u->dir);
    if (!dir)
        return;
    int64_t now = clock_wall_ms(u->clock);
    const struct dirent *entry;
    struct stat facts;
    while ((entry = readdir(dir)) != NULL)
        if (fstatat(dirfd(dir), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) ==
                0 &&
            !S_ISDIR(facts.st_mode) &&
            now - (int64_t)facts.st_mtime * 1000 > LIFE_MS)
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
}

static void on_timer(void *arg)
{
    struct uploads *u = arg;
    sweep(u);
    loop_timer_start(u->timer, SWEEP_MS);
}

struct uploads *uploads_open(struct loop *loop, const char *dir,
                             const struct clock *clock, struct err *err)
{
    if (!path_mkdirs(dir, err))
        return NULL;
    struct uploads *u = xcalloc(1, sizeof *u);
    u->dir = xstrdup(dir);
    u->clock = clock;
    u->timer = loop_timer_new(loop, on_timer, u);
    on_timer(u);
    return u;
}

void uploads_free(struct uploads *u)
{
    if (!u)
        return;
    loop_timer_free(u->timer);
    free(u->dir);
    free(u);
}

// --- places

bool uploads_new(struct uploads *u, char token[TOKEN_HEX], struct err *err)
{
    token_make(token);
    char *path = place(u, token, "");
    bool ok = file_write(path, "", 0, 0600, err);
    free(path);
    return ok;
}

// It is there, and not too old: sweeping comes once an hour.
static bool alive(const struct uploads *u, const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode) &&
           clock_wall_ms(u->clock) - (int64_t)facts.st_mtime * 1000 <= LIFE_MS;
}

static char *filled(const struct uploads *u, const char *token)
{
    for (size_t i = 0; i < KINDS; i++) {
        char *path = place(u, token, kinds[i].suffix);
        if (alive(u, path))
            return path;
        free(path);
    }
    return NULL;
}

enum uploads_state uploads_state(const struct uploads *u, const char *token)
{
    if (!token_ok(token))
        return UPLOADS_UNKNOWN;
    char *file = filled(u, token), *path = place(u, token, "");
    enum uploads_state state = file             ? UPLOADS_FILLED
                               : alive(u, path) ? UPLOADS_EMPTY
                                                : UPLOADS_UNKNOWN;
    free(file);
    free(path);
    return state;
}

// Whoever renames the empty file is the one that fills it.
bool uploads_fill(const struct uploads *u, const char *token, const void *bytes,
                  size_t len, struct err *err)
{
    const struct kind *kind = kind_of(bytes, len);
    if (!kind)
        return err_set(err, ERR_FORMAT, "not a picture, clip or sound");
    char *empty = place(u, token, ""), *claim = place(u, token, CLAIMED);
    char *file = place(u, token, kind->suffix);
    bool ok = rename(empty, claim) == 0;
    if (!ok && errno == ENOENT)
        err_set(err, ERR_FORMAT, "it is filled already");
    else if (!ok)
        err_errno(err, ERR_DISK, "%s", empty);
    if (ok && file_write(file, bytes, len, 0600, err)) {
        unlink(claim);
    } else if (ok) {
        ok = false;
        if (rename(claim, empty) != 0)
            log_warn("gateway: %s: %s", claim, strerror(errno));
    }
    free(file);
    free(claim);
    free(empty);
    return ok;
}

bool uploads_find(const struct uploads *u, const char *uri, char **path)
{
    const char *token = uploads_token_of(uri);
    *path = token ? filled(u, token) : NULL;
    return *path != NULL;
}
