#include "gateway/hosts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

struct hosts {
    bool public, private, loopback;
    char **names; // lower case; "*.example.com" as ".example.com"
    size_t n;
};

void hosts_free(struct hosts *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->n; i++)
        free(h->names[i]);
    free(h->names);
    free(h);
}

// Whatever may stand between "//" and the port of a URL.
static bool is_host(const char *name)
{
    char *url = xasprintf("http://%s/", name);
    char *host = strpbrk(name, "/?#@%") ? NULL : net_host(url);
    bool ok = host && strcmp(host, name) == 0;
    free(host);
    free(url);
    return ok;
}

static bool add_name(struct hosts *h, const char *word, struct err *err)
{
    bool below = text_starts(word, "*.");
    if (strcmp(word, "none") == 0 || !is_host(below ? word + 2 : word)) {
        char *shown = text_printable(word, strlen(word), 60);
        err_set(err, ERR_USAGE, "%s, found %s", HOSTS_ACCEPTED,
                *shown ? shown : "nothing");
        free(shown);
        return false;
    }
    h->names = xrealloc(h->names, (h->n + 1) * sizeof *h->names);
    h->names[h->n++] = xstrdup(below ? word + 1 : word);
    return true;
}

static bool add(struct hosts *h, const char *word, struct err *err)
{
    if (strcmp(word, "public") == 0)
        h->public = true;
    else if (strcmp(word, "private") == 0)
        h->private = true;
    else if (strcmp(word, "loopback") == 0)
        h->loopback = true;
    else
        return add_name(h, word, err);
    return true;
}

// The next word of the list, in lower case and without blanks around; owned.
static char *next_word(const char **list)
{
    const char *s = *list + strspn(*list, " \t");
    size_t whole = strcspn(s, ","), len = whole;
    while (len > 0 && (s[len - 1] == ' ' || s[len - 1] == '\t'))
        len--;
    char *word = xstrndup(s, len);
    for (char *c = word; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    *list = s + whole + (s[whole] == ',');
    return word;
}

struct hosts *hosts_parse(const char *list, struct err *err)
{
    struct hosts *h = xcalloc(1, sizeof *h);
    if (strcmp(list, "none") == 0)
        return h;
    bool ok, more;
    do {
        more = strchr(list, ',') != NULL;
        char *word = next_word(&list);
        ok = add(h, word, err);
        free(word);
    } while (ok && more);
    if (ok)
        return h;
    hosts_free(h);
    return NULL;
}

static bool is_named(const struct hosts *h, const char *url)
{
    char *host = net_host(url);
    bool found = false;
    for (size_t i = 0; host && !found && i < h->n; i++) {
        const char *name = h->names[i];
        size_t len = strlen(host), tail = strlen(name);
        if (*name == '.')
            found = len > tail && strcmp(host + len - tail, name) == 0;
        else
            found = strcmp(host, name) == 0;
    }
    free(host);
    return found;
}

bool hosts_allow(const struct hosts *h, const char *url)
{
    char *host = net_host(url);
    if (!host)
        return false;
    free(host);
    if (is_named(h, url))
        return true;
    if (net_is_loopback(url))
        return h->loopback;
    switch (net_url_reach(url)) {
    case NET_REACH_PUBLIC:
        return h->public || h->private;
    case NET_REACH_PRIVATE:
        return h->private;
    case NET_REACH_ANY:
        break;
    }
    return false;
}

enum net_reach hosts_reach(const struct hosts *h, const char *url)
{
    if (is_named(h, url) || (h->loopback && net_is_loopback(url)))
        return NET_REACH_ANY;
    return h->private ? NET_REACH_PRIVATE : NET_REACH_PUBLIC;
}
