// YAML from the command line, where a value is a word.

#include <string.h>

#include "base/text.h"
#include "data/scalar.h"
#include "data/yaml.h"

struct value *yaml_scalar(const char *text)
{
    const char *why;
    struct value *v = scalar_plain(text, strlen(text), &why);
    return v ? v : value_str(text);
}

// A list, a map or a quoted text: what only a parser can read.
static struct value *read_flow(const char *text, struct pos pos,
                               struct problems *problems)
{
    struct problems here;
    problems_init(&here, "");
    struct value *v = yaml_read(text, strlen(text), &here);
    if (!v)
        problem_add(problems, pos, "'%s': %s", text, here.items[0].text);
    problems_free(&here);
    return v;
}

struct value *yaml_flow(const char *text, struct pos pos,
                        struct problems *problems)
{
    if (!text_is_utf8(text, strlen(text))) {
        problem_add(problems, pos, "'%s' is not UTF-8", text);
        return NULL;
    }
    const char *first = text + strspn(text, " ");
    struct value *v = *first && strchr("[{\"'", *first)
                          ? read_flow(text, pos, problems)
                          : yaml_scalar(text);
    if (v)
        value_set_pos(v, pos);
    return v;
}
