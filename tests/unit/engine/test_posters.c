#include "engine/posters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../scratch.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/path.h"

#define GOOD "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define BAD "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

// Each picture tells the clip that it is of, and every question adds a line to
// a file beside the program.
static const char program[] =
    "#!/usr/bin/python3\n"
    "import json, sys\n"
    "for line in sys.stdin:\n"
    "    q = json.loads(line)\n"
    "    open(sys.argv[0] + '.asked', 'a').write(q['op'] + '\\n')\n"
    "    ok = '/bb/' not in q['path']\n"
    "    if ok:\n"
    "        open(q['out'], 'w').write(q['path'])\n"
    "    print(json.dumps({'id': q['id'], 'ok': ok, 'error': 'it is bad',\n"
    "                      'width': 64, 'height': 36}), flush=True)\n";

static char *root, *media, *state_dir;
static struct loop *loop;

static int setup(void **state)
{
    (void)state;
    root = mkdtemp(xstrdup("/tmp/tarmac-posters-XXXXXX"));
    assert_non_null(root);
    media = path_join(root, "media");
    state_dir = path_join(root, ".tarmac");
    assert_true(file_write(media, program, strlen(program), 0700, NULL));
    loop = loop_new();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    loop_free(loop);
    scratch_remove(root);
    free(media);
    free(state_dir);
    free(root);
    return 0;
}

struct told {
    int n;
    char *path, *why;
};

static void on_done(void *arg, const char *path, const char *why)
{
    struct told *told = arg;
    told->n++;
    told->path = xstrdup(path);
    told->why = xstrdup(why);
}

static void wait_for(const struct told *told)
{
    while (told->n == 0)
        loop_once(loop, true);
    assert_int_equal(told->n, 1);
}

static void forget(struct told *told)
{
    free(told->path);
    free(told->why);
    *told = (struct told){0};
}

static size_t questions(void)
{
    char *path = xasprintf("%s.asked", media);
    size_t len = 0;
    free(file_read(path, 1000, &len, NULL));
    free(path);
    return len / strlen("poster\n");
}

static void one_is_made_once_and_kept(void **state)
{
    (void)state;
    struct posters *posters = posters_new(loop, media, state_dir, NULL);
    struct told a = {0}, b = {0}, later = {0};
    assert_false(posters_has(posters, GOOD));
    posters_get(posters, GOOD, "mp4", on_done, &a);
    posters_get(posters, GOOD, "mp4", on_done, &b);
    assert_int_equal(a.n, 0);
    wait_for(&a);
    wait_for(&b);
    assert_true(posters_has(posters, GOOD));
    posters_get(posters, GOOD, "mp4", on_done, &later);
    assert_int_equal(later.n, 0);
    wait_for(&later);
    assert_int_equal(questions(), 1);
    char *path = xasprintf("%s/posters/%.32s.jpg", state_dir, GOOD);
    char *clip = xasprintf("%s/store/aa/%s.mp4", state_dir, GOOD);
    char *held = file_read(path, 1000, NULL, NULL);
    assert_string_equal(a.path, path);
    assert_string_equal(b.path, path);
    assert_string_equal(later.path, path);
    assert_string_equal(held, clip);
    free(held);
    free(clip);
    free(path);
    forget(&a);
    forget(&b);
    forget(&later);
    posters_free(posters);
}

static void what_cannot_be_made_says_why(void **state)
{
    (void)state;
    char *file = path_join(root, "media/posters"); // in what is no folder
    static const struct {
        const char *sha256, *ext, *why;
        bool no_program, no_folder;
    } cases[] = {{BAD, "mp4", "it is bad", false, false},
                 {GOOD, "../x", "no name", false, false},
                 {"../../etc/passwd", "mp4", "no name", false, false},
                 {GOOD, "", "no name", false, false},
                 {GOOD, "mp4", "tarmac-media", true, false},
                 {GOOD, "mp4", "media", false, true}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct posters *posters =
            posters_new(loop, cases[i].no_program ? NULL : media, state_dir,
                        cases[i].no_folder ? file : NULL);
        struct told told = {0};
        posters_get(posters, cases[i].sha256, cases[i].ext, on_done, &told);
        wait_for(&told);
        assert_null(told.path);
        assert_non_null(strstr(told.why, cases[i].why));
        forget(&told);
        posters_free(posters);
    }
    assert_int_equal(questions(), 1);
    free(file);
}

static void freed_it_tells_nobody(void **state)
{
    (void)state;
    struct told told = {0};
    struct posters *posters = posters_new(loop, media, state_dir, NULL);
    posters_get(posters, GOOD, "mp4", on_done, &told);
    posters_get(posters, BAD, "mp4", on_done, &told);
    loop_once(loop, true);
    posters_free(posters);
    loop_once(loop, false);
    assert_int_equal(told.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_is_made_once_and_kept, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_made_says_why, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(freed_it_tells_nobody, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
