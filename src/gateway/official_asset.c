#include "gateway/official_asset.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "gateway/input.h"
#include "gateway/uploads.h"
#include "net/client.h"

static const char *const kinds[] = {
    [OFFICIAL_IMAGE] = "image",
    [OFFICIAL_VIDEO] = "video",
    [OFFICIAL_AUDIO] = "audio",
};

static const char *const types[][8] = {
    [OFFICIAL_IMAGE] = {"image/jpeg", "image/jpg", "image/png", "image/webp"},
    [OFFICIAL_VIDEO] = {"video/mp4", "video/webm", "video/quicktime",
                        "video/x-matroska", "video/x-msvideo", "video/mov"},
    [OFFICIAL_AUDIO] = {"audio/mpeg", "audio/mp3", "audio/wav", "audio/x-wav",
                        "audio/mp4", "audio/aac", "audio/ogg", "audio/flac"},
};

static bool type_ok(const char *type, size_t len, enum official_asset kind)
{
    for (size_t i = 0; i < 8 && types[kind][i]; i++)
        if (strlen(types[kind][i]) == len &&
            strncasecmp(types[kind][i], type, len) == 0)
            return true;
    return false;
}

// Whole base64 text, `=` only at its end.
static bool base64_ok(const char *text, size_t *bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = strspn(text, digits);
    *bytes = n / 4 * 3 + (n % 4 > 1 ? n % 4 - 1 : 0);
    const char *rest = text + n;
    return n > 0 && n % 4 != 1 && rest[strspn(rest, "=")] == '\0';
}

static char *data_wrong(const char *uri, enum official_asset kind,
                        const struct value *limits)
{
    const char *type = uri + strlen("data:");
    size_t len = strcspn(type, ";,"), bytes;
    if (!type_ok(type, len, kind)) {
        char *shown = text_printable(type, len, 60);
        char *text = xasprintf("a data: URI of a supported %s type, found '%s'",
                               kinds[kind], shown);
        free(shown);
        return text;
    }
    const char *text = strstr(type + len, ";base64,");
    const char *comma = strchr(type + len, ',');
    if (!text || comma != text + strlen(";base64"))
        return xstrdup("a data: URI in base64");
    if (!base64_ok(comma + 1, &bytes))
        return xstrdup("bad data: URI: what follows the comma is not base64");
    int64_t max = value_integer(value_get(limits, kinds[kind]), 0);
    if ((int64_t)bytes > max)
        return xasprintf("a data: URI of at most %lld bytes, found %zu",
                         (long long)max, bytes);
    return NULL;
}

// Of "https://host:port": an address instead of a name.
static bool is_address(const char *origin)
{
    const char *host = strstr(origin, "://") + 3;
    size_t len = strcspn(host, ":");
    return *host == '[' || strspn(host, "0123456789.") == len;
}

// What is on this machine, or was given out by this service, may be used: one
// call's result is the next one's input.
static char *url_wrong(const char *uri, const struct value *limits)
{
    int64_t max = value_integer(value_get(limits, "url"), 0);
    if ((int64_t)strlen(uri) > max)
        return xasprintf("a URL of at most %lld characters, found %zu",
                         (long long)max, strlen(uri));
    char *origin = net_origin(uri, NULL);
    if (!origin)
        return xstrdup("an https URL, a data: URI or a runway:// URI");
    char *wrong = NULL;
    bool near =
        net_is_loopback(uri) || input_asset(uri) || uploads_token_of(uri);
    if (!near && is_address(origin))
        wrong = xstrdup("a URL with a host name, not an IP address");
    else if (!near && !text_starts(origin, "https:"))
        wrong = xstrdup("an https URL");
    free(origin);
    return wrong;
}

char *official_asset_wrong(const char *uri, enum official_asset kind,
                           const struct value *limits)
{
    if (strncasecmp(uri, "data:", 5) == 0)
        return data_wrong(uri, kind, limits);
    if (!text_starts(uri, "runway:"))
        return url_wrong(uri, limits);
    return uploads_token_of(uri)
               ? NULL
               : xstrdup("a runway://upload/ URI as POST /v1/uploads gives it");
}
