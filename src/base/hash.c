#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/file.h"
#include "base/mem.h"

#define CHUNK (64u << 10)
#define DIGEST 32

struct hash {
    EVP_MD_CTX *ctx;
};

// libcrypto fails here only when memory or the library itself is broken; a
// wrong fingerprint would buy twice, so there is no going on.
static void must(bool ok)
{
    if (!ok)
        abort();
}

struct hash *hash_new(void)
{
    struct hash *hash = xmalloc(sizeof(*hash));
    hash->ctx = EVP_MD_CTX_new();
    must(hash->ctx && EVP_DigestInit_ex(hash->ctx, EVP_sha256(), NULL) == 1);
    return hash;
}

void hash_add(struct hash *hash, const void *bytes, size_t len)
{
    if (len > 0)
        must(EVP_DigestUpdate(hash->ctx, bytes, len) == 1);
}

void hash_end(struct hash *hash, char out[HASH_HEX])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    must(EVP_DigestFinal_ex(hash->ctx, digest, &len) == 1 && len == DIGEST);
    for (size_t i = 0; i < DIGEST; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[HASH_HEX - 1] = '\0';
    hash_drop(hash);
}

bool hash_is_hex(const char *s)
{
    return strlen(s) == HASH_HEX - 1 &&
           strspn(s, "0123456789abcdef") == HASH_HEX - 1;
}

void hash_drop(struct hash *hash)
{
    if (!hash)
        return;
    EVP_MD_CTX_free(hash->ctx);
    free(hash);
}

void hash_bytes(const void *bytes, size_t len, char out[HASH_HEX])
{
    struct hash *hash = hash_new();
    hash_add(hash, bytes, len);
    hash_end(hash, out);
}

bool hash_file(const char *path, char out[HASH_HEX], int64_t *size,
               struct err *err)
{
    int fd = file_open(path, NULL, err);
    if (fd < 0)
        return false;
    struct hash *hash = hash_new();
    char *chunk = xmalloc(CHUNK);
    int64_t total = 0;
    ssize_t got;
    while ((got = read(fd, chunk, CHUNK)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        hash_add(hash, chunk, (size_t)got);
        total += got;
    }
    if (got < 0)
        err_errno(err, ERR_DISK, "cannot read %s", path);
    close(fd);
    free(chunk);
    hash_end(hash, out);
    if (size)
        *size = total;
    return got == 0;
}

const char *hash_version(void)
{
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}
