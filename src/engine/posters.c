#include "engine/posters.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"
#include "engine/checker.h"
#include "store/find.h"
#include "store/store.h"

#define ANSWER_MS 60000

struct waiter {
    struct waiter *next;
    posters_done *done;
    void *arg;
};

// One poster that was asked for, and is not told yet.
struct poster {
    struct poster *next;
    struct posters *posters;
    char *clip, *path; // path NULL: the clip has no name that a file has
    bool asked;        // of a worker
    struct waiter *waiters;
};

struct posters {
    struct checker *checker; // NULL: none is made
    char *state_dir, *dir;
    struct poster *list;
    struct loop_timer *later; // looks what is there, at the top of the loop
};

static bool is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void poster_free(struct poster *p)
{
    while (p->waiters) {
        struct waiter *w = p->waiters;
        p->waiters = w->next;
        free(w);
    }
    free(p->clip);
    free(p->path);
    free(p);
}

// Takes `p` out of the list first: who is told may ask again.
static void tell(struct poster *p, const char *path, const char *why)
{
    struct poster **at = &p->posters->list;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    for (struct waiter *w = p->waiters; w; w = w->next)
        w->done(w->arg, path, why);
    poster_free(p);
}

static void on_made(void *arg, enum checker_result result,
                    const struct checker_facts *facts, const char *why)
{
    (void)facts;
    struct poster *p = arg;
    if (result == CHECKER_OK)
        tell(p, p->path, NULL);
    else
        tell(p, NULL, why);
}

// Ask a worker for it, or tell at once.
static void begin(struct poster *p)
{
    struct posters *posters = p->posters;
    struct err err;
    if (!p->path)
        tell(p, NULL, "the clip has no name that a file has");
    else if (is_there(p->path))
        tell(p, p->path, NULL);
    else if (!posters->checker)
        tell(p, NULL, "there is no program tarmac-media");
    else if (!path_mkdirs(posters->dir, &err))
        tell(p, NULL, err.text);
    else {
        p->asked = true;
        checker_poster(posters->checker, p->clip, POSTERS_WIDTH, p->path,
                       on_made, p);
    }
}

static struct poster *next_unasked(const struct posters *posters)
{
    struct poster *p = posters->list;
    while (p && p->asked)
        p = p->next;
    return p;
}

static void look(void *arg)
{
    struct posters *posters = arg;
    struct poster *p;
    while ((p = next_unasked(posters)))
        begin(p);
}

struct posters *posters_new(struct loop *loop, const char *program,
                            const char *state_dir, const char *dir)
{
    struct posters *posters = xcalloc(1, sizeof(*posters));
    posters->state_dir = xstrdup(state_dir);
    posters->dir = dir ? xstrdup(dir) : path_join(state_dir, "posters");
    if (program)
        posters->checker = checker_new(loop, program, ANSWER_MS);
    posters->later = loop_timer_new(loop, look, posters);
    return posters;
}

void posters_free(struct posters *posters)
{
    if (!posters)
        return;
    checker_free(posters->checker);
    while (posters->list) {
        struct poster *p = posters->list;
        posters->list = p->next;
        poster_free(p);
    }
    loop_timer_free(posters->later);
    free(posters->state_dir);
    free(posters->dir);
    free(posters);
}

char *posters_path(const struct posters *posters, const char *sha256)
{
    if (!hash_is_hex(sha256))
        return NULL;
    return xasprintf("%s/%.*s.jpg", posters->dir, STORE_NAMED_HEX, sha256);
}

bool posters_has(const struct posters *posters, const char *sha256)
{
    char *path = posters_path(posters, sha256);
    bool has = path && is_there(path);
    free(path);
    return has;
}

// In line, the first asked for first.
static struct poster *add(struct posters *posters, const char *sha256,
                          const char *ext)
{
    struct poster *p = xcalloc(1, sizeof(*p)), **end = &posters->list;
    p->posters = posters;
    p->path = store_is_ext(ext) ? posters_path(posters, sha256) : NULL;
    p->clip = p->path ? store_file_path(posters->state_dir, sha256, ext) : NULL;
    while (*end)
        end = &(*end)->next;
    *end = p;
    loop_timer_start(posters->later, 0);
    return p;
}

void posters_get(struct posters *posters, const char *sha256, const char *ext,
                 posters_done *done, void *arg)
{
    char *path = posters_path(posters, sha256);
    struct poster *p = posters->list;
    while (p && (!path || !p->path || strcmp(p->path, path) != 0))
        p = p->next;
    free(path);
    if (!p)
        p = add(posters, sha256, ext);
    struct waiter *w = xcalloc(1, sizeof(*w)), **end = &p->waiters;
    *w = (struct waiter){.done = done, .arg = arg};
    while (*end)
        end = &(*end)->next;
    *end = w;
}
