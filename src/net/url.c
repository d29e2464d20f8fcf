// Addresses: whose they are, by the same parser that libcurl connects with.

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/internal.h"

#define SHOWN_MAX 200

struct parts {
    char *scheme, *host, *port; // all lower case; port NULL when the default
};

static void parts_free(struct parts *parts)
{
    free(parts->scheme);
    free(parts->host);
    free(parts->port);
    *parts = (struct parts){0};
}

char *net_url_shown(const char *url)
{
    size_t len = strcspn(url, "?#"), scheme = 0, begin = 0;
    const char *slashes = strstr(url, "://");
    if (slashes && slashes < url + len)
        scheme = begin = (size_t)(slashes + 3 - url);
    for (size_t i = begin; i < len; i++)
        if (url[i] == '@')
            begin = i;
    char *plain = xasprintf("%.*s%.*s", (int)scheme, url, (int)(len - begin),
                            url + begin);
    char *shown = text_printable(plain, strlen(plain), SHOWN_MAX);
    free(plain);
    return shown;
}

static bool refuse(struct err *err, const char *url, const char *why)
{
    char *shown = net_url_shown(url);
    err_set(err, ERR_FORMAT, "%s: %s", shown, why);
    free(shown);
    return false;
}

// One part in lower case, owned; NULL when the URL does not have it.
static char *part(CURLU *u, CURLUPart which)
{
    char *theirs = NULL;
    if (curl_url_get(u, which, &theirs, CURLU_NO_DEFAULT_PORT) != CURLUE_OK)
        return NULL;
    char *ours = xstrdup(theirs);
    curl_free(theirs);
    for (char *c = ours; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return ours;
}

// "[::0:1]" -> "[::1]": one spelling for one address.
static void canonical_ipv6(char **host)
{
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];
    size_t len = strlen(*host);
    if (len < 2 || (*host)[0] != '[' || (*host)[len - 1] != ']')
        return;
    char *inner = xstrndup(*host + 1, len - 2);
    if (inet_pton(AF_INET6, inner, &address) == 1 &&
        inet_ntop(AF_INET6, &address, text, sizeof(text))) {
        free(*host);
        *host = xasprintf("[%s]", text);
    }
    free(inner);
}

static const char *split_url(CURLU *u, const char *url, struct parts *parts)
{
    CURLUcode code =
        curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
    if (code != CURLUE_OK)
        return curl_url_strerror(code);
    parts->scheme = part(u, CURLUPART_SCHEME);
    parts->host = part(u, CURLUPART_HOST);
    parts->port = part(u, CURLUPART_PORT);
    if (!parts->scheme || !parts->host || !*parts->host)
        return "it names no host";
    if (strcmp(parts->scheme, "http") != 0 &&
        strcmp(parts->scheme, "https") != 0)
        return "only http: and https: are accepted";
    char *user = part(u, CURLUPART_USER), *zone = part(u, CURLUPART_ZONEID);
    char *password = part(u, CURLUPART_PASSWORD);
    const char *why = NULL;
    if (user || password)
        why = NET_NO_NAMES;
    else if (zone)
        why = "an address with a zone is not accepted";
    free(user);
    free(password);
    free(zone);
    canonical_ipv6(&parts->host);
    return why;
}

bool net_url_is_clean(const char *url)
{
    for (const char *c = url; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '\\')
            return false;
    return true;
}

static bool parse(const char *url, struct parts *parts, struct err *err)
{
    *parts = (struct parts){0};
    if (!net_url_is_clean(url))
        return refuse(err, url,
                      "a space, backslash or control character "
                      "is not accepted");
    // libcurl forgives one slash or three; others read them differently.
    const char *slashes = strchr(url, ':');
    if (!slashes || strncmp(slashes, "://", 3) != 0 || slashes[3] == '/')
        return refuse(err, url, "expected http://… or https://…");
    CURLU *u = curl_url();
    if (!u)
        abort(); // out of memory
    const char *why = split_url(u, url, parts);
    curl_url_cleanup(u);
    if (!why)
        return true;
    parts_free(parts);
    return refuse(err, url, why);
}

char *net_origin(const char *url, struct err *err)
{
    struct parts parts;
    if (!parse(url, &parts, err))
        return NULL;
    char *origin =
        xasprintf("%s://%s%s%s", parts.scheme, parts.host,
                  parts.port ? ":" : "", parts.port ? parts.port : "");
    parts_free(&parts);
    return origin;
}

char *net_url_authority(const char *url)
{
    struct parts parts;
    if (!parse(url, &parts, NULL))
        return net_url_shown(url);
    const char *usual = strcmp(parts.scheme, "https") == 0 ? "443" : "80";
    char *authority =
        xasprintf("%s:%s", parts.host, parts.port ? parts.port : usual);
    parts_free(&parts);
    return authority;
}

bool net_is_loopback(const char *url)
{
    struct parts parts;
    if (!parse(url, &parts, NULL))
        return false;
    struct in_addr v4;
    bool loopback = strcmp(parts.host, "localhost") == 0 ||
                    strcmp(parts.host, "[::1]") == 0 ||
                    (inet_pton(AF_INET, parts.host, &v4) == 1 &&
                     (ntohl(v4.s_addr) >> 24) == 127);
    parts_free(&parts);
    return loopback;
}

char *net_host(const char *url)
{
    struct parts parts;
    if (!parse(url, &parts, NULL))
        return NULL;
    char *host = parts.host;
    parts.host = NULL;
    parts_free(&parts);
    return host;
}

enum net_reach net_url_reach(const char *url)
{
    if (net_is_loopback(url))
        return NET_REACH_ANY;
    char *host = net_host(url);
    if (!host)
        return NET_REACH_PUBLIC;
    size_t len = strlen(host);
    bool bracketed = host[0] == '[' && host[len - 1] == ']';
    if (bracketed)
        host[len - 1] = '\0';
    enum net_reach reach = net_reach_of_text(host + bracketed);
    free(host);
    return reach;
}
