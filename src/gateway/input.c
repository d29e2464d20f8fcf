#include "gateway/input.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

bool asset_id_ok(const char *id, size_t len)
{
    if (len != TOKEN_UUID - 1)
        return false;
    for (size_t i = 0; i < len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex =
            (id[i] >= '0' && id[i] <= '9') || (id[i] >= 'a' && id[i] <= 'f');
        if (dash ? id[i] != '-' : !hex)
            return false;
    }
    return true;
}

static const char *const suffixes[] = {ASSET_CLIP, ASSET_POSTER, ASSET_LAST,
                                       ASSET_PICTURE};

const char *asset_suffix(const char *name)
{
    size_t len = strlen(name);
    if (len < TOKEN_UUID || !asset_id_ok(name, TOKEN_UUID - 1))
        return NULL;
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (strcmp(name + TOKEN_UUID - 1, suffixes[i]) == 0)
            return suffixes[i];
    return NULL;
}

void asset_remove(const char *assets, const char *id)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char *path = xasprintf("%s/%s%s", assets, id, suffixes[i]);
        unlink(path);
        free(path);
    }
}

// "host:port" of an http(s) URL, and what follows it.
static const char *split(const char *url, size_t *len)
{
    const char *host = strstr(url, "://");
    if (!host)
        return NULL;
    host += 3;
    *len = strcspn(host, "/?#");
    return host;
}

const char *input_asset(const char *url)
{
    size_t len;
    const char *host = split(url, &len);
    if (!host || !text_starts(host + len, "/assets/"))
        return NULL;
    const char *name = host + len + strlen("/assets/");
    return asset_suffix(name) ? name : NULL;
}

static int digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

// What follows "data:…;base64,"; NULL where it is spelled otherwise.
static const char *base64_text(const char *uri)
{
    static const char mark[] = ";base64,";
    size_t head = strcspn(uri, ",") + 1, len = strlen(mark);
    bool ok = head > len && strncasecmp(uri + head - len, mark, len) == 0;
    return ok ? uri + head : NULL;
}

void *input_decode(const char *name, const char *uri, size_t *len,
                   struct err *err)
{
    const char *text = base64_text(uri);
    size_t n = text ? strlen(text) : 0;
    while (n > 0 && text[n - 1] == '=')
        n--;
    if (n == 0 || n % 4 == 1 || n / 4 * 3 > INPUT_MAX) {
        err_set(err, ERR_FORMAT, "%s: the base64 text is %s", name,
                n == 0       ? "empty"
                : n % 4 == 1 ? "cut off"
                             : "too long");
        return NULL;
    }
    unsigned char *out = xmalloc(n / 4 * 3 + 3);
    size_t used = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        int d = digit(text[i]);
        if (d < 0) {
            free(out);
            err_set(err, ERR_FORMAT,
                    "%s: byte %zu of the base64 text is not base64", name,
                    i + 1);
            return NULL;
        }
        bits = bits << 6 | (uint32_t)d;
        if (i % 4 != 0)
            out[used++] = (unsigned char)(bits >> (6 - 2 * (i % 4)));
    }
    *len = used;
    return out;
}
