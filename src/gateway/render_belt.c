#include "gateway/render_belt.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "media/encode.h"

#define PLACES 3 // one that is drawn, one that waits, one that is encoded

struct belt {
    struct encoder *encoder;
    uint8_t *bytes[PLACES];
    struct yuv_planes planes[PLACES];
    pthread_t thread;
    bool threaded; // else belt_put() encodes
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int put, done; // pictures since the start
    bool over;     // no more will be put
    bool failed;
    struct err err;
};

static void encode_next(struct belt *b)
{
    struct err err = {.kind = ERR_NONE};
    bool ok =
        encoder_put_planes(b->encoder, &b->planes[b->done % PLACES], &err);
    pthread_mutex_lock(&b->lock);
    b->done++;
    if (!ok) {
        b->failed = true;
        b->err = err;
    }
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
}

static bool wait_for_picture(struct belt *b)
{
    pthread_mutex_lock(&b->lock);
    while (b->done == b->put && !b->over)
        pthread_cond_wait(&b->changed, &b->lock);
    bool more = b->done < b->put && !b->failed;
    pthread_mutex_unlock(&b->lock);
    return more;
}

static void *encode_all(void *arg)
{
    while (wait_for_picture(arg))
        encode_next(arg);
    return NULL;
}

struct belt *belt_open(const char *path, int width, int height, int fps,
                       struct err *err)
{
    struct encoder *encoder = encoder_open(path, width, height, fps, err);
    if (!encoder)
        return NULL;
    struct belt *b = xcalloc(1, sizeof(*b));
    b->encoder = encoder;
    for (int i = 0; i < PLACES; i++) {
        b->bytes[i] = xmalloc(yuv_size(width, height));
        b->planes[i] = yuv_in(b->bytes[i], width, height);
    }
    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->changed, NULL);
    b->threaded = pthread_create(&b->thread, NULL, encode_all, b) == 0;
    return b;
}

const struct yuv_planes *belt_take(struct belt *b, struct err *err)
{
    pthread_mutex_lock(&b->lock);
    while (b->put - b->done == PLACES && !b->failed)
        pthread_cond_wait(&b->changed, &b->lock);
    bool failed = b->failed;
    pthread_mutex_unlock(&b->lock);
    if (failed) {
        err_set(err, b->err.kind, "%s", b->err.text);
        return NULL;
    }
    return &b->planes[b->put % PLACES];
}

void belt_put(struct belt *b)
{
    pthread_mutex_lock(&b->lock);
    b->put++;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
    if (!b->threaded)
        encode_next(b);
}

// Lets the thread end. The encoder is left.
static void stop(struct belt *b, bool at_once)
{
    pthread_mutex_lock(&b->lock);
    b->over = true;
    if (at_once)
        b->put = b->done;
    pthread_cond_signal(&b->changed);
    pthread_mutex_unlock(&b->lock);
    if (b->threaded)
        pthread_join(b->thread, NULL);
    pthread_cond_destroy(&b->changed);
    pthread_mutex_destroy(&b->lock);
    for (int i = 0; i < PLACES; i++)
        free(b->bytes[i]);
}

bool belt_finish(struct belt *b, struct err *err)
{
    stop(b, false);
    bool ok = !b->failed;
    if (ok) {
        ok = encoder_finish(b->encoder, err);
    } else {
        err_set(err, b->err.kind, "%s", b->err.text);
        encoder_drop(b->encoder);
    }
    free(b);
    return ok;
}

void belt_drop(struct belt *b)
{
    if (!b)
        return;
    stop(b, true);
    encoder_drop(b->encoder);
    free(b);
}
