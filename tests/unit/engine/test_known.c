// By what purchases are found. The tables hold the purchases' own keys, so
// these end with them: also where a gateway gave two the same one.

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/purchase.h"

#define MORE 40 // make the tables grow

struct fixture {
    struct gateway gateway;
    struct engine engine;
    struct gate gate;
    struct purchase more[MORE];
};

static void begin(struct fixture *f)
{
    static char identity[] = "a gateway";
    *f = (struct fixture){.gateway.identity = identity};
    f->engine.by_task.lent = f->engine.by_token.lent = true;
    f->gate.gateway = &f->gateway;
}

// On the heap: what looks at its keys afterwards looks at freed memory.
static struct purchase *known(struct fixture *f, const char *task_id)
{
    struct purchase *p = calloc(1, sizeof(*p));
    assert_non_null(p);
    p->engine = &f->engine;
    p->gate = &f->gate;
    memset(p->token, 'a', TOKEN_HEX - 1);
    index_set(&f->engine.by_token, p->token, p);
    purchase_set_task(p, task_id);
    assert_string_equal(p->task_id, task_id);
    return p;
}

static void leave(struct purchase *p)
{
    purchase_lose_token(p);
    purchase_lose_task(p);
    assert_null(p->task_id);
    memset(p, 0, sizeof(*p));
    free(p);
}

static struct purchase *by_task(struct fixture *f, const char *task_id)
{
    char key[64];
    snprintf(key, sizeof(key), "%s\n%s", f->gateway.identity, task_id);
    return index_get(&f->engine.by_task, key);
}

static struct purchase *by_token(struct fixture *f)
{
    char token[TOKEN_HEX] = "";
    memset(token, 'a', TOKEN_HEX - 1);
    return index_get(&f->engine.by_token, token);
}

// Each key is looked at once more when a table grows.
static void grow(struct fixture *f)
{
    for (int i = 0; i < MORE; i++) {
        char id[32];
        snprintf(id, sizeof(id), "task %d", i);
        struct purchase *p = &f->more[i];
        *p = (struct purchase){.engine = &f->engine, .gate = &f->gate};
        snprintf(p->token, sizeof(p->token), "%d", i);
        index_set(&f->engine.by_token, p->token, p);
        purchase_set_task(p, id);
    }
    for (int i = 0; i < MORE; i++) {
        purchase_lose_token(&f->more[i]);
        purchase_lose_task(&f->more[i]);
    }
}

static void end(struct fixture *f)
{
    assert_int_equal(f->engine.by_task.n, 0);
    assert_int_equal(f->engine.by_token.n, 0);
    index_free(&f->engine.by_task);
    index_free(&f->engine.by_token);
}

static void the_later_of_two_outlives_the_first(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    struct purchase *first = known(&f, "t"), *then = known(&f, "t");
    leave(first);
    grow(&f);
    assert_ptr_equal(by_task(&f, "t"), then);
    assert_ptr_equal(by_token(&f), then);
    leave(then);
    end(&f);
}

static void the_first_of_two_is_not_found_after_the_later(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    struct purchase *first = known(&f, "t"), *then = known(&f, "t");
    leave(then);
    grow(&f);
    assert_null(by_task(&f, "t"));
    assert_null(by_token(&f));
    assert_string_equal(first->task_id, "t");
    leave(first);
    end(&f);
}

static void another_task_takes_the_place_of_the_last(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    struct purchase *p = known(&f, "t");
    purchase_find_by_task(p, strdup("a gateway\nu"));
    assert_null(p->task_id); // it is not known to be its own
    assert_null(by_task(&f, "t"));
    assert_ptr_equal(by_task(&f, "u"), p);
    purchase_set_task(p, "u");
    assert_string_equal(p->task_id, "u");
    assert_int_equal(f.engine.by_task.n, 1);
    purchase_set_task(p, NULL);
    assert_null(by_task(&f, "u"));
    leave(p);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_later_of_two_outlives_the_first),
        cmocka_unit_test(the_first_of_two_is_not_found_after_the_later),
        cmocka_unit_test(another_task_takes_the_place_of_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
