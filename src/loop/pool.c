// A pool of its own: threads for work that lasts, so that short work in the
// loop's own never waits behind it.

#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/mem.h"
#include "loop/internal.h"

#define NICENESS 10

struct task {
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
    STAILQ_ENTRY(task) link;
};

STAILQ_HEAD(task_list, task);

struct loop_pool {
    struct loop *loop;
    uv_async_t async; // something is done
    uv_mutex_t mutex; // around the next four
    uv_cond_t cond;
    struct task_list todo, done;
    bool ending;
    uv_thread_t *threads;
    int n;
};

static void in_thread(void *arg)
{
    struct loop_pool *pool = arg;
    // Linux gives every thread a niceness of its own, which those that it
    // makes inherit: what lasts gives way to the loop.
    (void)!nice(NICENESS);
    uv_mutex_lock(&pool->mutex);
    for (;;) {
        struct task *task = STAILQ_FIRST(&pool->todo);
        if (!task && pool->ending)
            break;
        if (!task) {
            uv_cond_wait(&pool->cond, &pool->mutex);
            continue;
        }
        STAILQ_REMOVE_HEAD(&pool->todo, link);
        uv_mutex_unlock(&pool->mutex);
        task->work(task->arg);
        uv_mutex_lock(&pool->mutex);
        STAILQ_INSERT_TAIL(&pool->done, task, link);
        uv_async_send(&pool->async);
    }
    uv_mutex_unlock(&pool->mutex);
}

// Each `done` may ask for more work, or make the caller wish to free the pool
// after us: what is taken from the list is ours alone.
static void on_async(uv_async_t *async)
{
    struct loop_pool *pool = async->data;
    struct task_list done = STAILQ_HEAD_INITIALIZER(done);
    uv_mutex_lock(&pool->mutex);
    STAILQ_CONCAT(&done, &pool->done);
    uv_mutex_unlock(&pool->mutex);
    struct task *task;
    while ((task = STAILQ_FIRST(&done)) != NULL) {
        STAILQ_REMOVE_HEAD(&done, link);
        pool->loop->working--;
        task->done(task->arg);
        free(task);
    }
}

struct loop_pool *loop_pool_new(struct loop *loop, int threads)
{
    struct loop_pool *pool = xcalloc(1, sizeof(*pool));
    pool->loop = loop;
    STAILQ_INIT(&pool->todo);
    STAILQ_INIT(&pool->done);
    int code = uv_async_init(&loop->uv, &pool->async, on_async);
    pool->async.data = pool;
    if (code == 0)
        code = uv_mutex_init(&pool->mutex);
    if (code == 0)
        code = uv_cond_init(&pool->cond);
    pool->threads = xcalloc((size_t)threads, sizeof(*pool->threads));
    for (; code == 0 && pool->n < threads; pool->n++)
        code = uv_thread_create(&pool->threads[pool->n], in_thread, pool);
    if (code != 0)
        loop_defect("cannot make a thread pool", code);
    return pool;
}

void loop_pool_work(struct loop_pool *pool, void (*work)(void *arg),
                    void (*done)(void *arg), void *arg)
{
    struct task *task = xmalloc(sizeof(*task));
    *task = (struct task){.work = work, .done = done, .arg = arg};
    pool->loop->working++;
    uv_mutex_lock(&pool->mutex);
    STAILQ_INSERT_TAIL(&pool->todo, task, link);
    uv_cond_signal(&pool->cond);
    uv_mutex_unlock(&pool->mutex);
}

void loop_pool_free(struct loop_pool *pool)
{
    if (!pool)
        return;
    uv_mutex_lock(&pool->mutex);
    pool->ending = true;
    uv_cond_broadcast(&pool->cond);
    uv_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->n; i++)
        uv_thread_join(&pool->threads[i]);
    on_async(&pool->async); // what was not reported yet
    uv_cond_destroy(&pool->cond);
    uv_mutex_destroy(&pool->mutex);
    free(pool->threads);
    uv_close((uv_handle_t *)&pool->async, loop_free_box);
}
