// A recipe with all that it is made of: lines of "%" part the words of a
// command line, one a line, from the recipe, and that from what it includes.

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/yaml.h"
#include "fuzz.h"
#include "recipe/defaults.h"
#include "recipe/include.h"
#include "recipe/override.h"
#include "recipe/param_help.h"
#include "recipe/recipe.h"

#define MARK "\n%\n"
#define WORDS_MAX 64

struct input {
    char *words, *recipe, *part; // borrowed from one text
};

static char *cut(char *text)
{
    char *mark = strstr(text, MARK);
    if (!mark)
        return text + strlen(text);
    *mark = '\0';
    return mark + strlen(MARK);
}

static struct value *include(struct value *own, const char *text,
                             struct problems *problems)
{
    int file = problems_file(problems, "part.yaml");
    struct value *part = yaml_read_file(text, strlen(text), file, problems);
    struct value *base = value_map();
    bool ok = part && include_check(own, problems) &&
              include_check_part(part, problems) && include_merge(base, part) &&
              include_merge(base, own);
    MUST(!value_get(base, "include"));
    value_free(part);
    if (ok)
        return base;
    value_free(base);
    return NULL;
}

static size_t apply(struct value *tree, char *words, int file,
                    struct recipe_param params[WORDS_MAX],
                    struct problems *problems)
{
    size_t n = 0;
    for (char *word = words, *end; *word && n < WORDS_MAX; word = end) {
        end = word + strcspn(word, "\n");
        if (*end)
            *end++ = '\0';
        size_t before = problems->errors;
        struct recipe_param param = {0};
        if (!override_is(word))
            continue;
        enum override done = override_apply(tree, word, file, &param, problems);
        MUST((done == OVERRIDE_WRONG) == (problems->errors > before));
        MUST(tree->type == VALUE_MAP);
        if (done == OVERRIDE_PARAM)
            params[n++] = param;
    }
    return n;
}

static void check(struct value *tree, char *words, struct problems *problems)
{
    int file = problems_file(problems, "command line");
    struct recipe_param params[WORDS_MAX];
    struct recipe_given given = {.params = params};
    struct buf help;
    given.n_params = apply(tree, words, file, params, problems);
    defaults_apply(tree, "local");
    override_check(tree, file, problems);
    buf_init(&help, 1 << 20);
    param_help(tree, &help);
    MUST(text_is_utf8(help.data ? help.data : "", help.len));
    buf_free(&help);
    size_t before = problems->errors;
    struct recipe *recipe = recipe_read(tree, &given, problems);
    MUST(!recipe == (problems->errors > before));
    recipe_free(recipe);
    for (size_t i = 0; i < given.n_params; i++)
        free((char *)params[i].name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct problems problems;
    struct buf said;
    char *text = xstrndup((const char *)data, size);
    struct input in = {.words = text};
    in.recipe = cut(in.words);
    in.part = cut(in.recipe);
    problems_init(&problems, "r.yaml");
    struct value *tree = yaml_read(in.recipe, strlen(in.recipe), &problems);
    if (tree && tree->type == VALUE_MAP) {
        struct value *whole =
            *in.part ? include(tree, in.part, &problems) : value_copy(tree);
        if (whole)
            check(whole, in.words, &problems);
        value_free(whole);
    }
    value_free(tree);
    buf_init(&said, 1 << 20);
    problems_write(&problems, &said);
    MUST(text_is_utf8(said.data ? said.data : "", said.len));
    buf_free(&said);
    problems_free(&problems);
    free(text);
    return 0;
}
