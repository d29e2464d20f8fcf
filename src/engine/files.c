#include "engine/files.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"

struct files_seen {
    struct files_seen *next;
    char *path; // resolved
    struct stat stat;
    char sha256[HASH_HEX];
};

struct kind {
    const char *type;
    const char *begins; // '.': any byte
    bool picture;
};
static const struct kind kinds[] = {
    {"image/png", "\x89PNG\r\n\x1a\n", true},
    {"image/jpeg", "\xff\xd8\xff", true},
    {"image/webp", "RIFF....WEBP", true},
    {"video/mp4", "....ftyp", false},
    {"video/webm", "\x1a\x45\xdf\xa3", false},
};

void files_free(struct files *files)
{
    while (files->seen) {
        struct files_seen *seen = files->seen;
        files->seen = seen->next;
        free(seen->path);
        free(seen);
    }
}

static bool is_kind(const struct kind *kind, const char *bytes, size_t len)
{
    size_t n = strlen(kind->begins);
    bool same = len >= n;
    for (size_t i = 0; i < n && same; i++)
        same = kind->begins[i] == '.' || kind->begins[i] == bytes[i];
    return same;
}

static const struct kind *kind_of(const char *bytes, size_t len)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (is_kind(&kinds[i], bytes, len))
            return &kinds[i];
    return NULL;
}

// Characters of the data: URI of a file of `len` bytes, its type counted at its
// longest.
static size_t uri_len(size_t len)
{
    return sizeof("data:image/jpeg;base64,") - 1 + (len + 2) / 3 * 4;
}

bool files_fit(const struct field *field, int64_t bytes)
{
    return bytes <= FILES_BYTES_MAX &&
           (!field->bytes_max || uri_len((size_t)bytes) <= field->bytes_max);
}

bool files_is_picture(const char *head, size_t len)
{
    const struct kind *kind = kind_of(head, len);
    return kind && kind->picture;
}

static bool is_url(const char *s)
{
    return text_starts(s, "http://") || text_starts(s, "https://");
}

bool files_is_other(const char *const *others, const char *path)
{
    for (; others && *others; others++) {
        if (strcmp(*others, path) == 0)
            return true;
    }
    return false;
}

// The resolved path, below base_dir; owned. Links may lead about inside it. One
// of the others is opened as the user gave it.
static char *resolve(const struct files *files, const char *field,
                     const char *path, struct err *err)
{
    struct err cause;
    char *full;
    if (files_is_other(files->others, path))
        return xstrdup(path);
    if (!path_below(files->base_dir, path, &full, &cause))
        err_set(err, ERR_RECIPE, "%s: %s; " FILES_ELSEWHERE, field, cause.text);
    else if (!full)
        err_errno(err, ERR_RECIPE, "%s: '%s'", field, path);
    return full;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static char *load(const char *field, const char *path, size_t *len,
                  const struct kind **kind, struct err *err)
{
    char *bytes = file_read(path, FILES_BYTES_MAX, len, err);
    if (!bytes) {
        if (err)
            err->kind = ERR_RECIPE;
        return NULL;
    }
    *kind = kind_of(bytes, *len);
    bool video = strstr(field, "video") != NULL;
    if (!*kind || (*kind)->picture == video) {
        err_set(err, ERR_RECIPE, "%s: '%s' is not %s", field, path,
                video ? "an MP4 or WebM video" : "a PNG, JPEG or WebP picture");
        free(bytes);
        return NULL;
    }
    return bytes;
}

static bool hash_of(struct files *files, const char *field, const char *path,
                    char sha256[HASH_HEX], struct err *err)
{
    struct stat stat_now;
    if (stat(path, &stat_now) != 0)
        return err_errno(err, ERR_RECIPE, "%s: '%s'", field, path);
    for (const struct files_seen *s = files->seen; s; s = s->next) {
        if (strcmp(s->path, path) == 0 && same_file(&s->stat, &stat_now)) {
            memcpy(sha256, s->sha256, HASH_HEX);
            return true;
        }
    }
    size_t len;
    const struct kind *kind;
    char *bytes = load(field, path, &len, &kind, err);
    if (!bytes)
        return false;
    hash_bytes(bytes, len, sha256);
    free(bytes);
    struct files_seen *seen = xcalloc(1, sizeof(*seen));
    seen->next = files->seen;
    seen->path = xstrdup(path);
    seen->stat = stat_now;
    memcpy(seen->sha256, sha256, HASH_HEX);
    files->seen = seen;
    return true;
}

// Of a file that was hashed.
static size_t size_of(const struct files *files, const char *path)
{
    for (const struct files_seen *s = files->seen; s; s = s->next) {
        if (strcmp(s->path, path) == 0)
            return (size_t)s->stat.st_size;
    }
    return 0;
}

static bool not_too_long(const struct field *field, const char *what,
                         size_t len, struct err *err)
{
    if (!field->bytes_max || len <= field->bytes_max)
        return true;
    return err_set(err, ERR_RECIPE,
                   "%s: %s takes %zu bytes as text, and this service takes at "
                   "most %zu; make it smaller, or give a URL",
                   field->name, what, len, field->bytes_max);
}

// What stands for `text` in the fingerprint; NULL with `err`, or NULL with
// `*as_is` for a text that stands for itself.
static struct value *name_one(struct files *files, const struct field *row,
                              const char *text, bool data_uri, bool *as_is,
                              struct err *err)
{
    const char *field = row->name;
    char hex[HASH_HEX];
    *as_is = is_url(text);
    if (*as_is)
        return NULL;
    bool inlined = text_starts(text, "data:");
    if (!data_uri) {
        err_set(err, ERR_RECIPE, "%s: this gateway takes no files; give a URL",
                field);
        return NULL;
    }
    if (inlined) {
        if (!not_too_long(row, "the data: URI", strlen(text), err))
            return NULL;
        hash_bytes(text, strlen(text), hex);
    } else {
        char *path = resolve(files, field, text, err);
        bool ok = path && hash_of(files, field, path, hex, err) &&
                  not_too_long(row, text, uri_len(size_of(files, path)), err);
        free(path);
        if (!ok)
            return NULL;
    }
    struct value *map = value_map();
    value_set(map, inlined ? "data" : "sha256", value_str(hex));
    return map;
}

// A frame of a clip is named by the clip's fingerprint, never by its pixels,
// which change with the encoder.
static struct value *name_frame(const char *field, const struct value *frame,
                                bool data_uri, struct err *err)
{
    const struct value *at = value_get(frame, "frame");
    const char *word = value_text(at);
    if (!data_uri && !(word && strcmp(word, "last") == 0)) {
        err_set(err, ERR_RECIPE,
                "%s: this gateway takes pictures by their address only, and of "
                "a clip's frames only the last has one; ask for frame \"last\"",
                field);
        return NULL;
    }
    struct value *map = value_map();
    value_set(map, "frame", value_copy(at));
    value_set(map, "of", value_copy(value_get(frame, "of")));
    int64_t n = value_integer(value_get(frame, "file"), 1);
    if (n != 1)
        value_set(map, "file", value_int(n));
    return map;
}

// A clip is named the same way, never by its bytes.
static struct value *name_clip(const struct value *clip)
{
    struct value *map = value_map();
    value_set(map, "clip", value_copy(value_get(clip, "clip")));
    int64_t n = value_integer(value_get(clip, "file"), 1);
    if (n != 1)
        value_set(map, "file", value_int(n));
    return map;
}

static struct value *name_delivered(const char *field, const struct value *v,
                                    bool data_uri, struct err *err)
{
    return value_get(v, "clip") ? name_clip(v)
                                : name_frame(field, v, data_uri, err);
}

struct value *files_name(struct files *files, const struct field_table *table,
                         const struct value *request, bool data_uri,
                         struct err *err)
{
    struct value *named = value_copy(request);
    for (size_t i = 0; i < table->n; i++) {
        const char *field = table->fields[i].name;
        const struct value *v = table->fields[i].type == FIELD_FILE
                                    ? value_get_path(request, field)
                                    : NULL;
        const char *text = value_text(v);
        bool delivered = v && v->type == VALUE_MAP, as_is = false;
        if (!text && !delivered)
            continue;
        struct value *name = delivered ? name_delivered(field, v, data_uri, err)
                                       : name_one(files, &table->fields[i],
                                                  text, data_uri, &as_is, err);
        if (name) {
            value_set_path(named, field, name);
        } else if (!as_is) {
            value_free(named);
            return NULL;
        }
    }
    return named;
}

static char *data_uri_of(const struct kind *kind, const char *bytes, size_t len)
{
    struct buf uri;
    buf_init(&uri, (size_t)FILES_BYTES_MAX * 2);
    buf_printf(&uri, "data:%s;base64,", kind->type);
    base64_add(&uri, bytes, len);
    return buf_take(&uri);
}

// The data: URI of a file that must still hold what `sha256` says; owned.
static char *encode(struct files *files, const char *field, const char *text,
                    const char *sha256, struct err *err)
{
    char *path = resolve(files, field, text, err);
    size_t len = 0;
    const struct kind *kind = NULL;
    char *bytes = path ? load(field, path, &len, &kind, err) : NULL;
    free(path);
    if (!bytes)
        return NULL;
    char hex[HASH_HEX], *uri = NULL;
    hash_bytes(bytes, len, hex);
    if (strcmp(hex, sha256) == 0)
        uri = data_uri_of(kind, bytes, len);
    else
        err_set(err, ERR_RECIPE, "%s: '%s' has changed since the run began",
                field, text);
    free(bytes);
    return uri;
}

// The data: URI of a picture that was cut, or of a clip in the store; owned.
static char *encode_delivered(const struct field *row, const char *path,
                              const char *sha256, struct err *err)
{
    const char *field = row->name;
    struct stat st;
    if (stat(path, &st) == 0 && st.st_size > FILES_BYTES_MAX) {
        err_set(err, ERR_RECIPE,
                "%s: as a picture the frame takes more than %d MiB, too large "
                "to send; ask for a smaller clip",
                field, FILES_BYTES_MAX >> 20);
        return NULL;
    }
    size_t len = 0;
    const struct kind *kind = NULL;
    char hex[HASH_HEX], *uri = NULL;
    char *bytes = load(field, path, &len, &kind, err);
    if (!bytes)
        return NULL;
    hash_bytes(bytes, len, hex);
    if (sha256 && strcmp(hex, sha256) != 0)
        err_set(err, ERR_RECIPE,
                "%s: the clip in the store is not what was delivered (tarmac "
                "verify --fix fetches it again)",
                field);
    else if (not_too_long(row, sha256 ? "the clip" : "the frame", uri_len(len),
                          err))
        uri = data_uri_of(kind, bytes, len);
    free(bytes);
    return uri;
}

// What frames.c made ready; owned.
static char *send_delivered(const struct field *row, const struct value *source,
                            struct err *err)
{
    const char *url = value_get_text(source, "url");
    return url ? xstrdup(url)
               : encode_delivered(row, value_get_text(source, "path"),
                                  value_get_text(source, "sha256"), err);
}

struct value *files_send(struct files *files, const struct field_table *table,
                         const struct value *request, const struct value *named,
                         const struct value *delivered, struct err *err)
{
    struct value *send = value_copy(request);
    for (size_t i = 0; i < table->n; i++) {
        const char *field = table->fields[i].name;
        if (table->fields[i].type != FIELD_FILE)
            continue;
        const char *sha256 =
            value_get_text(value_get_path(named, field), "sha256");
        const char *text = value_text(value_get_path(request, field));
        const struct value *source = value_get(delivered, field);
        char *uri = source ? send_delivered(&table->fields[i], source, err)
                    : sha256 && text ? encode(files, field, text, sha256, err)
                                     : NULL;
        if (uri) {
            value_set_path(send, field, value_str(uri));
            free(uri);
        } else if (source || (sha256 && text)) {
            value_free(send);
            return NULL;
        }
    }
    return send;
}
