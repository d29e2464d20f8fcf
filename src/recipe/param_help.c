#include "recipe/param_help.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "recipe/keys.h"
#include "recipe/param.h"
#include "recipe/template.h"

#define NAME_WIDTH 16
#define TEXT_MAX 1000

static void add_text(struct buf *out, const char *text)
{
    char *shown = text_printable(text, strlen(text), TEXT_MAX);
    buf_str(out, shown);
    free(shown);
}

// "  push              number from 0 to 10, default 4"
static void add_param(const struct param *param, struct buf *out)
{
    const char *type = param_type_name(param->type);
    buf_printf(out, "  %-*s  ", NAME_WIDTH, param->name);
    char *words = param_words(param);
    if (param->type == PARAM_CHOICE)
        add_text(out, words);
    else
        buf_printf(out, "%s%s", type ? type : "text or number",
                   param->has_min || param->has_max
                       ? strstr(words, param->has_min ? " from " : " up to ")
                       : "");
    free(words);
    char *text = param->fallback ? template_text(param->fallback) : NULL;
    buf_str(out, text ? ", default " : ", no default");
    if (text)
        add_text(out, *text ? text : "''");
    free(text);
    buf_byte(out, '\n');
    if (!param->help)
        return;
    buf_printf(out, "  %-*s  ", NAME_WIDTH, "");
    add_text(out, param->help);
    buf_byte(out, '\n');
}

void param_help(const struct value *tree, struct buf *out)
{
    const char *about = value_get_text(tree, "about");
    const struct value *params = value_get(tree, "params");
    if (about) {
        buf_str(out, "\n");
        add_text(out, about);
        buf_str(out, "\n");
    }
    struct problems ignored;
    problems_init(&ignored, "");
    bool first = true;
    for (size_t i = 0; i < value_count(params) && params->type == VALUE_MAP;
         i++) {
        struct param param;
        param_read(&params->map.members[i], &param, &ignored);
        if (!key_is_word(param.name))
            continue;
        buf_str(out, first ? "\nparams of this recipe, set by NAME=VALUE or "
                             "-p NAME=VALUE:\n"
                           : "");
        add_param(&param, out);
        first = false;
    }
    problems_free(&ignored);
}
