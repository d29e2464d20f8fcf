#include "gateway/crew.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

struct helper {
    struct crew *crew;
    int member;
    pthread_t thread;
};

struct crew {
    pthread_mutex_t lock;
    pthread_cond_t changed; // there is work, or the last part is done
    void (*work)(void *arg, int part, int member);
    void *arg;
    int next, parts; // to be taken
    int open;        // taken or not, but not done
    bool over;
    int helpers;
    struct helper helper[];
};

// Take and do parts until none is left; called with the lock.
static void take_parts(struct crew *c, int member)
{
    while (c->next < c->parts) {
        int part = c->next++;
        pthread_mutex_unlock(&c->lock);
        c->work(c->arg, part, member);
        pthread_mutex_lock(&c->lock);
        if (--c->open == 0)
            pthread_cond_broadcast(&c->changed);
    }
}

static void *help(void *arg)
{
    struct helper *h = arg;
    struct crew *c = h->crew;
    pthread_mutex_lock(&c->lock);
    while (!c->over) {
        take_parts(c, h->member);
        if (!c->over)
            pthread_cond_wait(&c->changed, &c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

struct crew *crew_new(int members)
{
    size_t helpers = members > 1 ? (size_t)members - 1 : 0;
    struct crew *c = xcalloc(1, sizeof(*c) + helpers * sizeof(*c->helper));
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->changed, NULL);
    for (size_t i = 0; i < helpers; i++) {
        struct helper *h = &c->helper[i];
        *h = (struct helper){.crew = c, .member = (int)i + 1};
        if (pthread_create(&h->thread, NULL, help, h) != 0)
            break;
        c->helpers++;
    }
    return c;
}

void crew_free(struct crew *c)
{
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->over = true;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    for (int i = 0; i < c->helpers; i++)
        pthread_join(c->helper[i].thread, NULL);
    pthread_cond_destroy(&c->changed);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void crew_run(struct crew *c, int parts,
              void (*work)(void *arg, int part, int member), void *arg)
{
    pthread_mutex_lock(&c->lock);
    c->work = work;
    c->arg = arg;
    c->next = 0;
    c->parts = c->open = parts;
    pthread_cond_broadcast(&c->changed);
    take_parts(c, 0);
    while (c->open > 0)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
}
