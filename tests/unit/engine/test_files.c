#include "engine/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void a_picture_is_known_by_how_it_begins(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t len;
        bool picture;
    } files[] = {
        {"\x89PNG\r\n\x1a\n\0\0\0\r", 12, true},
        {"\x89PNG\r\n\x1a\n", 8, true},
        {"\x89PNG\r\n\x1a", 7, false},
        {"\xff\xd8\xff\xe0", 4, true},
        {"\xff\xd8", 2, false},
        {"RIFF\x04\0\0\0WEBP", 12, true},
        {"RIFF\x04\0\0\0WEB", 11, false},
        {"RIFX\x04\0\0\0WEBP", 12, false},
        {"RIFF\x04\0\0\0WAVE", 12, false},
        {"\0\0\0\x20"
         "ftypisom",
         12, false},
        {"\x1a\x45\xdf\xa3", 4, false},
        {"GIF89a", 6, false},
        {"", 0, false},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
        if (files_is_picture(files[i].head, files[i].len) != files[i].picture)
            fail_msg("file %zu", i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_is_known_by_how_it_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
