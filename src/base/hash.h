// SHA-256, as 64 lower-case hex digits.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HASH_HEX 65 // with the NUL

bool hash_is_hex(const char *s); // is spelt as one

void hash_bytes(const void *bytes, size_t len, char out[HASH_HEX]);

// A whole regular file. `size` may be NULL.
bool hash_file(const char *path, char out[HASH_HEX], int64_t *size,
               struct err *err);

struct hash; // streaming
struct hash *hash_new(void);
void hash_add(struct hash *hash, const void *bytes, size_t len);
void hash_end(struct hash *hash, char out[HASH_HEX]); // frees `hash`
void hash_drop(struct hash *hash);                    // frees, no result

const char *hash_version(void); // of libcrypto: "3.0.15"
