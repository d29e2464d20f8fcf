#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data/json.h"
#include "report/finding.h"
#include "report/summary.h"

static void the_worst_error_decides(void **state)
{
    (void)state;
    const struct {
        int codes[3];
        int exit;
    } rows[] = {
        {{0, 0, 0}, EXIT_ALL_DELIVERED},
        {{EXIT_RECIPE, 0, 0}, EXIT_RECIPE},
        {{EXIT_RECIPE, EXIT_REFUSED, 0}, EXIT_REFUSED},
        {{EXIT_REFUSED, EXIT_RECIPE, EXIT_DISK}, EXIT_DISK},
        {{EXIT_DISK, EXIT_DEFECT, 0}, EXIT_DEFECT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct findings findings = {0};
        for (size_t j = 0; j < 3 && rows[i].codes[j]; j++)
            findings.codes[rows[i].codes[j]] = true;
        assert_int_equal(findings_exit(&findings), rows[i].exit);
    }
}

static void a_finding_is_one_line(void **state)
{
    (void)state;
    const struct {
        struct finding finding;
        bool color;
        const char *text;
    } rows[] = {
        {{FINDING_OK, 0, "disk", NULL, "3 GB"}, false, "ok      disk: 3 GB\n"},
        {{FINDING_WARNING, 0, "gateway", "comet", "no\nkey"},
         false,
         "warning gateway comet: no\\nkey\n"},
        {{FINDING_ERROR, 9, "state", NULL, "x"},
         true,
         "\033[31merror   \033[0mstate: x\n"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf out;
        buf_init(&out, 4096);
        finding_text(&rows[i].finding, rows[i].color, &out);
        assert_string_equal(out.data, rows[i].text);
        buf_free(&out);
    }
}

static void a_finding_is_one_object(void **state)
{
    (void)state;
    struct finding finding = {FINDING_WARNING, 0, "gateway", "comet", "slow"};
    struct value *v = finding_value(&finding);
    char *text = json_text(v);
    assert_string_equal(text, "{\"event\":\"finding\",\"level\":\"warning\","
                              "\"subject\":\"gateway\",\"name\":\"comet\","
                              "\"message\":\"slow\"}");
    free(text);
    value_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worst_error_decides),
        cmocka_unit_test(a_finding_is_one_line),
        cmocka_unit_test(a_finding_is_one_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
