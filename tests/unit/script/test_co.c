#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lauxlib.h>

#include "script/co.h"

#define TASKS 5

// Tasks that write their letter down whenever they run.
struct bench {
    struct machine *machine;
    struct co_queue queue;
    struct co_op op;
    char log[64];
    struct task {
        struct bench *bench;
        struct co *co;
        struct machine_budget budget;
        char letter;
        int waits; // how often it parks
        bool raises, frees;
        int ended, closed;
        enum co_state state;
    } tasks[TASKS];
};

static void note(struct task *task)
{
    size_t n = strlen(task->bench->log);
    assert_true(n + 1 < sizeof(task->bench->log));
    task->bench->log[n] = task->letter;
}

static int go_on(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    struct task *task = (struct task *)context;
    note(task);
    if (task->waits-- > 0)
        return co_wait(L, &task->bench->op, go_on, task);
    if (task->raises)
        return luaL_error(L, "raised by %s", "a task");
    return 0;
}

static int close_task(lua_State *L)
{
    struct task **box = lua_touserdata(L, 1);
    (*box)->closed++;
    return 0;
}

static int body(lua_State *L)
{
    struct task *task = co_self(L);
    assert_ptr_equal(task, lua_touserdata(L, 1));
    struct task **box = lua_newuserdatauv(L, sizeof(*box), 0);
    *box = task;
    lua_newtable(L);
    lua_pushcfunction(L, close_task);
    lua_setfield(L, -2, "__close");
    lua_setmetatable(L, -2);
    lua_toclose(L, -1);
    return go_on(L, LUA_OK, (lua_KContext)task);
}

static void ended(void *arg, enum co_state state)
{
    struct task *task = arg;
    task->ended++;
    task->state = state;
    if (state == CO_FAILED)
        assert_string_equal(lua_tostring(co_thread(task->co), -1),
                            "raised by a task");
    if (task->frees) {
        co_free(task->co);
        task->co = NULL;
    }
}

static struct bench *setup(void)
{
    struct bench *b = calloc(1, sizeof(*b));
    b->machine = machine_new(NULL);
    co_open(&b->queue, b->machine);
    for (int i = 0; i < TASKS; i++) {
        b->tasks[i] = (struct task){
            .bench = b,
            .budget = {.left = 1000, .max = 1000, .what = "task"},
            .letter = (char)('a' + i),
        };
    }
    return b;
}

static void start(struct task *task)
{
    struct co_spec spec = {body, task, &task->budget, ended, NULL};
    struct err err;
    task->co = co_start(&task->bench->queue, &spec, &err);
    assert_non_null(task->co);
}

static void teardown(struct bench *b)
{
    for (int i = 0; i < TASKS; i++)
        co_free(b->tasks[i].co);
    machine_free(b->machine);
    free(b);
}

static void tasks_run_in_the_order_of_their_start(void **state)
{
    (void)state;
    struct bench *b = setup();
    assert_false(co_run_ready(&b->queue));
    for (int i = 0; i < TASKS; i++)
        start(&b->tasks[i]);
    assert_string_equal(b->log, ""); // nothing runs before its turn
    assert_true(co_run_ready(&b->queue));
    assert_string_equal(b->log, "abcde");
    assert_false(co_run_ready(&b->queue));
    for (int i = 0; i < TASKS; i++) {
        assert_int_equal(b->tasks[i].ended, 1);
        assert_int_equal(b->tasks[i].closed, 1);
        assert_int_equal(b->tasks[i].state, CO_DONE);
    }
    teardown(b);
}

static void one_wake_serves_all_who_wait(void **state)
{
    (void)state;
    struct bench *b = setup();
    for (int i = 0; i < TASKS; i++) {
        b->tasks[i].waits = i % 2 ? 2 : 1;
        start(&b->tasks[i]);
    }
    co_run_ready(&b->queue);
    assert_string_equal(b->log, "abcde");
    co_wake(&b->op);
    assert_string_equal(b->log, "abcde"); // waking is not running
    assert_null(b->op.first);
    co_run_ready(&b->queue);
    assert_string_equal(b->log, "abcdeabcde");
    co_wake(&b->op);
    co_wake(&b->op); // nobody waits any more
    co_run_ready(&b->queue);
    assert_string_equal(b->log, "abcdeabcdebd");
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(b->tasks[i].ended, 1);
    teardown(b);
}

static void tasks_leave_from_anywhere(void **state)
{
    (void)state;
    // which of five waiting tasks are freed, before the wake and after it
    for (unsigned mask = 0; mask < 1u << TASKS; mask++) {
        for (int woken = 0; woken < 2; woken++) {
            struct bench *b = setup();
            char want[16] = "abcde";
            size_t n = TASKS;
            for (int i = 0; i < TASKS; i++) {
                b->tasks[i].waits = 1;
                start(&b->tasks[i]);
            }
            co_run_ready(&b->queue);
            if (woken)
                co_wake(&b->op);
            for (int i = 0; i < TASKS; i++) {
                if (mask >> i & 1) {
                    co_free(b->tasks[i].co);
                    b->tasks[i].co = NULL;
                    assert_int_equal(b->tasks[i].closed, 1);
                } else {
                    want[n++] = b->tasks[i].letter;
                }
            }
            if (!woken)
                co_wake(&b->op);
            co_run_ready(&b->queue);
            assert_string_equal(b->log, want);
            co_free(b->tasks[0].co);
            b->tasks[0].waits = 0;
            start(&b->tasks[0]); // the queue's end is where it should be
            co_run_ready(&b->queue);
            want[n] = 'a';
            assert_string_equal(b->log, want);
            teardown(b);
        }
    }
}

static void a_task_that_raises_is_closed_once(void **state)
{
    (void)state;
    struct bench *b = setup();
    b->tasks[0].raises = b->tasks[1].raises = b->tasks[1].frees = true;
    b->tasks[1].waits = 1;
    start(&b->tasks[0]);
    start(&b->tasks[1]);
    co_run_ready(&b->queue);
    assert_int_equal(b->tasks[0].state, CO_FAILED);
    assert_int_equal(b->tasks[0].closed, 1);
    co_free(b->tasks[0].co);
    b->tasks[0].co = NULL;
    assert_int_equal(b->tasks[0].closed, 1);
    co_wake(&b->op);
    co_run_ready(&b->queue);
    assert_int_equal(b->tasks[1].state, CO_FAILED);
    assert_int_equal(b->tasks[1].closed, 1);
    teardown(b);
}

static void dropping_an_operation_leaves_its_tasks_parked(void **state)
{
    (void)state;
    struct bench *b = setup();
    b->tasks[0].waits = b->tasks[1].waits = 1;
    start(&b->tasks[0]);
    start(&b->tasks[1]);
    co_run_ready(&b->queue);
    co_drop(&b->op);
    co_wake(&b->op);
    assert_false(co_run_ready(&b->queue));
    assert_int_equal(b->tasks[0].ended, 0);
    teardown(b);
}

static int outside(lua_State *L)
{
    co_self(L);
    return 0;
}

static void nothing_waits_outside_a_task(void **state)
{
    (void)state;
    struct bench *b = setup();
    struct err err;
    assert_int_equal(machine_call(b->machine, outside, NULL, NULL, &err),
                     MACHINE_RAISED);
    assert_string_equal(err.text,
                        "this can only be called where a cell may wait");
    teardown(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_run_in_the_order_of_their_start),
        cmocka_unit_test(one_wake_serves_all_who_wait),
        cmocka_unit_test(tasks_leave_from_anywhere),
        cmocka_unit_test(a_task_that_raises_is_closed_once),
        cmocka_unit_test(dropping_an_operation_leaves_its_tasks_parked),
        cmocka_unit_test(nothing_waits_outside_a_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
