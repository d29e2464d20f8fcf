#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "rig.h"
#include "script/watchdog.h"

#define LIMIT_MS 200
#define BARKED 42

// Nobody comes back from here: one call of C that moves a chain of values, as
// often as it is long.
#define STUCK                                                                  \
    "return function() local f = print for i = 1, 100000 do "                  \
    "f = setmetatable({}, {__call = f}) end while true do pcall(f) end end"

static void bark(void *arg, const char *line)
{
    ssize_t n = write(*(int *)arg, line, strlen(line));
    _exit(n > 0 ? BARKED : 1);
}

// Run `what` in a child with a watchdog of LIMIT_MS; its exit status, and what
// the watchdog said, "" for nothing.
static int child(void (*what)(void), char *line, size_t max)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(120);
        watchdog_start(&(struct watchdog_config){LIMIT_MS, bark, &ends[1]});
        what();
        watchdog_stop();
        _exit(0);
    }
    close(ends[1]);
    ssize_t n = read(ends[0], line, max - 1);
    line[n > 0 ? n : 0] = '\0';
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void burn(int64_t ms)
{
    struct clock_cpu cpu;
    if (!clock_cpu_mine(&cpu))
        _exit(1);
    for (int64_t end = clock_cpu_ms(&cpu) + ms; clock_cpu_ms(&cpu) < end;)
        continue;
}

static void run_stuck(void)
{
    struct rig rig;
    rig_open(&rig, NULL);
    rig_run(&rig, STUCK);
}

static void enter_and_burn(void)
{
    watchdog_enter("dialect", NULL);
    burn(60000);
}

static void burn_outside(void)
{
    burn(3 * LIMIT_MS);
    watchdog_enter("cell", "x");
    watchdog_leave();
    burn(3 * LIMIT_MS);
}

static void come_back_often(void)
{
    for (int i = 0; i < 20; i++) {
        watchdog_enter("cell", "x");
        burn(LIMIT_MS / 4);
        watchdog_leave();
    }
}

static void count_instructions(void)
{
    watchdog_enter("cell", "x");
    for (int i = 0; i < 20; i++) {
        burn(LIMIT_MS / 4);
        if (watchdog_worked(LIMIT_MS / 4 * 100000)) // 10 ns each
            _exit(2);
    }
    watchdog_leave();
}

// Waiting, as a stopped process or a busy machine does, is no computing.
static void wait_inside(void)
{
    watchdog_enter("cell", "x");
    watchdog_enter("dialect", NULL); // nested
    watchdog_leave();
    usleep(4 * LIMIT_MS * 1000);
    watchdog_leave();
}

static void be_late(void)
{
    watchdog_enter("cell", "x");
    while (!watchdog_worked(0))
        burn(1);
    watchdog_leave();
    watchdog_enter("cell", "y");
    _exit(watchdog_worked(0) ? 3 : 7);
}

static void what_is_stuck_is_ended(void **state)
{
    (void)state;
    char line[600];
    assert_int_equal(child(run_stuck, line, sizeof(line)), BARKED);
    assert_string_equal(line, "orbit/x: the cell is stuck in one operation for "
                              "0 s");
    assert_int_equal(child(enter_and_burn, line, sizeof(line)), BARKED);
    assert_string_equal(line, "the dialect is stuck in one operation for 0 s");
}

static void what_comes_back_is_not(void **state)
{
    (void)state;
    static void (*const good[])(void) = {burn_outside, come_back_often,
                                         count_instructions, wait_inside};
    char line[600];
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        assert_int_equal(child(good[i], line, sizeof(line)), 0);
        assert_string_equal(line, "");
    }
}

static void half_of_the_time_is_a_warning(void **state)
{
    (void)state;
    char line[600];
    assert_int_equal(child(be_late, line, sizeof(line)), 7);
}

// What the budget does not see, but can still end.
static void run_slowly(void)
{
    struct rig rig;
    rig_open(&rig, NULL);
    bool ran = rig_run(&rig, "return function() local t = {a = 1} "
                             "for i = 1, 1900 do "
                             "t = setmetatable({}, {__index = t}) end "
                             "while t.a do end end");
    _exit(ran && !rig.ok && strstr(rig.message, "keeps the processor busy")
              ? 7
              : 1);
}

static void slow_operations_end_the_cell_alone(void **state)
{
    (void)state;
    char line[600];
    assert_int_equal(child(run_slowly, line, sizeof(line)), 7);
    assert_string_equal(line, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_stuck_is_ended),
        cmocka_unit_test(what_comes_back_is_not),
        cmocka_unit_test(half_of_the_time_is_a_warning),
        cmocka_unit_test(slow_operations_end_the_cell_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
