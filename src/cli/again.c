#include "cli/again.h"

#include <stdlib.h>

#include "base/mem.h"
#include "cli/options.h"

char *again_of(const struct value *row)
{
    const struct value *argv = value_get(row, "argv");
    size_t n = value_count(argv);
    char **words = xcalloc(n + 3, sizeof(*words));
    struct options options = {.argv = words};
    for (size_t i = 0; i < n; i++) {
        const char *word = value_text(value_at(argv, i));
        words[options.argc] = (char *)word;
        options.argc += word != NULL;
    }
    const char *recipe = value_get_text(row, "recipe");
    if (options.argc < 2 && recipe) {
        words[1] = (char *)"run";
        words[2] = (char *)recipe;
        options.argc = 3;
    }
    char *again = options_again(&options);
    free(words);
    return again;
}
