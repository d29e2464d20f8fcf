// A pool of its own: work runs beside the loop and beside the loop's own pool,
// and is told of on the loop.

#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../turning.h"
#include "loop/loop.h"

#define JOBS 100

struct job {
    int *worked; // in threads: each its own
    int *told;
    bool *all_told;
    int value;
};

static void work(void *arg)
{
    struct job *job = arg;
    *job->worked = job->value;
}

static void tell(void *arg)
{
    struct job *job = arg;
    assert_int_equal(*job->worked, job->value); // before it is told
    *job->all_told = ++*job->told == JOBS;
}

static void test_all_is_done_and_told_once(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct loop_pool *pool = loop_pool_new(loop, 3);
    struct job jobs[JOBS];
    int worked[JOBS] = {0}, told = 0;
    bool all_told = false;
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){&worked[i], &told, &all_told, i + 1};
        loop_pool_work(pool, work, tell, &jobs[i]);
    }
    assert_int_equal(told, 0); // only below loop_once()
    turn_until(loop, &all_told);
    assert_int_equal(told, JOBS);
    loop_pool_free(pool);
    loop_free(loop);
}

static void test_the_end_waits_for_what_was_asked(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct loop_pool *pool = loop_pool_new(loop, 1);
    struct job jobs[JOBS];
    int worked[JOBS] = {0}, told = 0;
    bool all_told = false;
    for (int i = 0; i < JOBS; i++) {
        jobs[i] = (struct job){&worked[i], &told, &all_told, i + 1};
        loop_pool_work(pool, work, tell, &jobs[i]);
    }
    loop_pool_free(pool);
    assert_int_equal(told, JOBS);
    loop_pool_free(NULL);
    loop_free(loop);
}

struct gate {
    sem_t inside, open;
    int n;
    bool told;
};

static void hold(void *arg)
{
    struct gate *gate = arg;
    sem_post(&gate->inside);
    sem_wait(&gate->open);
}

static void count(void *arg)
{
    struct gate *gate = arg;
    gate->told = --gate->n == 0;
}

static void nothing(void *arg)
{
    (void)arg;
}

static void note(void *arg)
{
    *(bool *)arg = true;
}

// More of it than libuv's pool has threads, all of it stuck: each in a thread
// of its own, and short work still comes through.
static void test_nothing_else_waits_for_it(void **state)
{
    (void)state;
    enum { N = 6 };
    struct loop *loop = loop_new();
    struct loop_pool *pool = loop_pool_new(loop, N);
    struct gate gate = {.n = N};
    sem_init(&gate.inside, 0, 0);
    sem_init(&gate.open, 0, 0);
    for (int i = 0; i < N; i++)
        loop_pool_work(pool, hold, count, &gate);
    for (int i = 0; i < N; i++)
        sem_wait(&gate.inside); // all at once, or never
    bool done = false;
    loop_work(loop, nothing, note, &done);
    turn_until(loop, &done);
    assert_int_equal(gate.n, N);
    for (int i = 0; i < N; i++)
        sem_post(&gate.open);
    turn_until(loop, &gate.told);
    loop_pool_free(pool);
    loop_free(loop);
    sem_destroy(&gate.inside);
    sem_destroy(&gate.open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_is_done_and_told_once),
        cmocka_unit_test(test_the_end_waits_for_what_was_asked),
        cmocka_unit_test(test_nothing_else_waits_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
