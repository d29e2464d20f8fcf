// A recipe of one cell, made from the command line.

#include "cli/generate.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/run.h"
#include "data/json.h"
#include "data/yaml.h"
#include "report/summary.h"

// "A lighthouse, at dusk!" -> "a-lighthouse-at-dusk", and part of a hash of
// everything asked for, so that other requests get other names.
static char *slug(const char *prompt, const struct value *tree)
{
    char text[41];
    size_t n = 0;
    bool gap = false;
    for (; *prompt && n + 2 < sizeof(text); prompt++) {
        char c = *prompt;
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9')) {
            gap = n > 0;
            continue;
        }
        if (gap)
            text[n++] = '-';
        gap = false;
        text[n++] = c;
    }
    text[n] = '\0';
    struct buf canonical;
    char hash[HASH_HEX];
    buf_init(&canonical, 1 << 20);
    json_canonical(value_get(tree, "request"), &canonical);
    if (value_get(tree, "route"))
        json_canonical(value_get(tree, "route"), &canonical);
    hash_bytes(canonical.data, canonical.len, hash);
    buf_free(&canonical);
    return xasprintf("generate/%s%s%.8s", text, n ? "-" : "", hash);
}

// Text that a template takes as it is.
static struct value *literal(const char *text)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    for (; *text; text++) {
        if (text[0] == '$' && text[1] == '{')
            buf_byte(&out, '$');
        buf_byte(&out, *text);
    }
    struct value *v = value_strn(out.data, out.len);
    buf_free(&out);
    return v;
}

static bool add_field(struct value *request, const char *word)
{
    const char *equals = strchr(word, '=');
    if (!equals || equals == word) {
        log_error("after the prompt come fields such as seconds=5 or "
                  "motion.x=4, not '%s'",
                  word);
        return false;
    }
    if (!equals[1]) {
        log_error("'%s' gives no value; write one behind it, or leave it out",
                  word);
        return false;
    }
    char *name = xstrndup(word, (size_t)(equals - word));
    if (value_get_path(request, name)) {
        log_error("'%s' is given already; leave '%s' out", name, word);
        free(name);
        return false;
    }
    struct value *v = yaml_scalar(equals + 1);
    if (value_text(v)) {
        value_free(v);
        v = literal(equals + 1);
    }
    value_set_path(request, name, v);
    free(name);
    return true;
}

static bool check_generate(const struct options *options)
{
    if (options->n_words == 0) {
        log_error("generate takes a prompt, for example: tarmac generate "
                  "\"a lighthouse at dusk\" motion.x=4");
        return false;
    }
    for (size_t i = 0; i < options->n_words; i++) {
        if (!text_is_utf8(options->words[i], strlen(options->words[i]))) {
            log_error("%s is not UTF-8",
                      i == 0 ? "the prompt" : "what follows the prompt");
            return false;
        }
    }
    const char *dot = options->out ? strrchr(options->out, '.') : NULL;
    if (dot && (strcasecmp(dot, ".mp4") == 0 || strcasecmp(dot, ".mov") == 0)) {
        log_error("--out takes a name without extension, not '%s'; the clip "
                  "brings its own",
                  options->out);
        return false;
    }
    return true;
}

int generate_command(const struct options *options)
{
    if (!check_generate(options))
        return EXIT_USAGE;
    struct value *tree = value_map();
    value_set(tree, "tarmac", value_int(RECIPE_FORMAT));
    value_set(tree, "name", value_str("generate"));
    struct value *request = value_set(tree, "request", value_map());
    value_set(request, "prompt", literal(options->words[0]));
    for (size_t i = 1; i < options->n_words; i++) {
        bool route = text_starts(options->words[i], "route=");
        if (!add_field(route ? tree : request, options->words[i])) {
            value_free(tree);
            return EXIT_USAGE;
        }
    }
    char *name =
        options->out ? xstrdup(options->out) : slug(options->words[0], tree);
    struct value *outputs = value_set(tree, "outputs", value_map());
    value_set(outputs, "name", literal(name));
    free(name);

    struct loaded loaded;
    struct problems problems;
    struct err err;
    problems_init(&problems, "generate");
    bool ok = load_tree(tree, options, &loaded, &problems, &err);
    int code = loaded_say(&loaded, &problems, &err, options->json);
    if (ok)
        code = run_loaded(&loaded, options);
    loaded_free(&loaded);
    problems_free(&problems);
    return code;
}
