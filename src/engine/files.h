// Files that a request names. A local file enters the fingerprint by what it
// holds, and goes to the service as a data: URI; a URL goes as it is written.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "data/value.h"
#include "recipe/fields.h"

#define FILES_BYTES_MAX (16 << 20)

// Whether a file that begins so is a PNG, JPEG or WebP picture, by its first
// FILES_HEAD bytes or all it has.
#define FILES_HEAD 12
bool files_is_picture(const char *head, size_t len);

// Whether a file of so many bytes may be sent as the data: URI of `field`.
bool files_fit(const struct field *field, int64_t bytes);

// What was already hashed, so that a thousand cells read one picture once.
struct files {
    const char *base_dir; // borrowed; files lie below it
    // Or are one of these: absolute paths, NULL-ended, borrowed; or NULL.
    const char *const *others;
    struct files_seen *seen;
};
void files_free(struct files *files);

// What to do about a file that lies elsewhere.
#define FILES_ELSEWHERE                                                        \
    "put a copy beside the recipe, or give it as a param of the type file "    \
    "(-p NAME=PATH)"

// Whether `path` is one of `others`, to the letter.
bool files_is_other(const char *const *others, const char *path);

// The request that is hashed and kept: each local file replaced by
// {"sha256": hex}, each data: URI by {"data": hex of the text}; a clip and a
// frame of one keep their names. Owned; NULL with `err` (ERR_RECIPE) for a file
// that is missing, lies elsewhere, is too large or is no picture where one is
// wanted. `data_uri`: whether the service takes local files at all.
struct value *files_name(struct files *files, const struct field_table *table,
                         const struct value *request, bool data_uri,
                         struct err *err);

// The request that is sent: each local file as a data: URI. `named` is what
// files_name() gave; a file that has changed since is an error. `delivered`: of
// each field that names a clip, or a frame of one, where that is: {"url": text}
// or {"path": text}, with "sha256" where the file must hold that.
struct value *files_send(struct files *files, const struct field_table *table,
                         const struct value *request, const struct value *named,
                         const struct value *delivered, struct err *err);
