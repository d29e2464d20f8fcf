#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/again.h"
#include "data/json.h"

static void a_run_is_typed_again(void **state)
{
    (void)state;
    const struct {
        const char *row, *again;
    } rows[] = {
        {"{\"argv\":[\"/opt/bin/tarmac\",\"run\",\"a "
         "b.yaml\",\"-p\",\"x='1'\"],"
         "\"recipe\":\"r\"}",
         "tarmac run 'a b.yaml' -p 'x='\\''1'\\'''"},
        {"{\"argv\":[\"tarmac\",\"generate\",\"\"]}", "tarmac generate ''"},
        {"{\"recipe\":\"orbit\"}", "tarmac run orbit"},
        {"{\"argv\":[],\"recipe\":\"orbit\"}", "tarmac run orbit"},
        {"{\"argv\":\"damaged\",\"recipe\":\"orbit\"}", "tarmac run orbit"},
        {"{\"argv\":[\"tarmac\",5,\"run\"]}", "tarmac run"},
        {"{}", "tarmac"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct value *row =
            json_read(rows[i].row, strlen(rows[i].row), JSON_STRICT, NULL);
        assert_non_null(row);
        char *again = again_of(row);
        assert_string_equal(again, rows[i].again);
        free(again);
        value_free(row);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_typed_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
