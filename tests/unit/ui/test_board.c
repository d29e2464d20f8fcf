// What a reader lacks, whenever he looks.

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ui/board.h"

static int set_up(void **state)
{
    struct board *board = board_new();
    board_begin(board, 3);
    *state = board;
    return 0;
}

static int tear_down(void **state)
{
    board_free(*state);
    return 0;
}

// All that he lacks, in words: "R" reload, "H" head, "2" cell 2, "2=50%".
static const char *lacks(const struct board *board, struct board_reader *reader)
{
    static char text[200];
    struct board_change change;
    uint64_t before = 0;
    text[0] = '\0';
    for (;;) {
        bool more = board_has_more(board, reader);
        board_next(board, reader, &change);
        assert_int_equal(more, change.kind != BOARD_NOTHING);
        size_t n = strlen(text);
        switch (change.kind) {
        case BOARD_NOTHING:
            return text;
        case BOARD_RELOAD:
            snprintf(text + n, sizeof(text) - n, "R ");
            break;
        case BOARD_HEAD:
            snprintf(text + n, sizeof(text) - n, "H ");
            break;
        case BOARD_CELL:
            snprintf(text + n, sizeof(text) - n, "%d ", (int)change.nth);
            break;
        case BOARD_PROGRESS:
            snprintf(text + n, sizeof(text) - n, "%d=%d%% ", (int)change.nth,
                     (int)(change.progress * 100));
            break;
        }
        assert_true(change.version > before);
        assert_int_equal(change.version, reader->version);
        before = change.version;
    }
}

static void test_each_change_once_and_only_the_newest(void **state)
{
    struct board *board = *state;
    struct board_reader reader = {.version = board_version(board)};
    assert_string_equal(lacks(board, &reader), "");
    assert_true(board_cell(board, 1, "a"));
    assert_true(board_head(board, "h"));
    assert_true(board_cell(board, 2, "b"));
    assert_true(board_cell(board, 1, "c"));
    assert_string_equal(lacks(board, &reader), "H 2 1 ");
    assert_string_equal(lacks(board, &reader), "");
    assert_false(board_cell(board, 1, "c"));
    assert_false(board_head(board, "h"));
    assert_string_equal(lacks(board, &reader), "");
    assert_true(board_progress(board, 3, 0.25));
    assert_true(board_progress(board, 3, 0.5));
    assert_false(board_progress(board, 3, 0.5));
    assert_string_equal(lacks(board, &reader), "3=50% ");
    assert_true(board_progress(board, 3, 0));
    assert_true(board_cell(board, 3, "d"));
    assert_string_equal(lacks(board, &reader), "3=0% 3 ");
}

static void test_readers_are_where_they_are(void **state)
{
    struct board *board = *state;
    struct board_reader slow = {.version = board_version(board)}, fast = slow;
    board_cell(board, 1, "a");
    assert_string_equal(lacks(board, &fast), "1 ");
    board_cell(board, 2, "b");
    assert_string_equal(lacks(board, &fast), "2 ");
    board_cell(board, 1, "c");
    struct board_reader known = {.version = fast.version};
    assert_string_equal(lacks(board, &slow), "2 1 ");
    assert_string_equal(lacks(board, &fast), "1 ");
    assert_string_equal(lacks(board, &known), "1 "); // who came back with it
}

// The thing that he got last moved on meanwhile: he goes on by its version.
static void test_goes_on_when_his_place_has_moved(void **state)
{
    struct board *board = *state;
    struct board_reader reader = {.version = board_version(board)};
    struct board_change change;
    board_cell(board, 1, "a");
    board_cell(board, 2, "b");
    board_cell(board, 3, "c");
    board_next(board, &reader, &change);
    assert_int_equal(change.nth, 1);
    board_cell(board, 1, "d");
    assert_string_equal(lacks(board, &reader), "2 3 1 ");
}

static void test_other_cells_are_a_reload(void **state)
{
    struct board *board = *state;
    struct board_reader reader = {.version = board_version(board)};
    board_cell(board, 3, "a");
    board_begin(board, 1);
    assert_int_equal(board_cells(board), 1);
    assert_false(board_cell(board, 3, "b"));
    assert_false(board_cell(board, 0, "b"));
    assert_false(board_progress(board, 2, 0.5));
    board_cell(board, 1, "a");
    struct board_reader later = {.version = board_version(board)};
    assert_string_equal(lacks(board, &reader), "R 1 ");
    assert_string_equal(lacks(board, &later), "");
}

static void test_a_version_of_nowhere_begins_anew(void **state)
{
    struct board *board = *state;
    board_cell(board, 2, "a");
    struct board_reader reader = {.version = UINT64_MAX};
    assert_string_equal(lacks(board, &reader), "2 ");
    assert_string_equal(lacks(board, &reader), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_each_change_once_and_only_the_newest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_readers_are_where_they_are, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_goes_on_when_his_place_has_moved,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_other_cells_are_a_reload, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_version_of_nowhere_begins_anew,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
