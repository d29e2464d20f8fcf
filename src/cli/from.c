// A recipe of one cell, made from what a clip tells. What it tells is a
// stranger's: it is read as a recipe, and names a gateway by its name only.

#include "cli/from.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/run.h"
#include "cli/told.h"
#include "data/json.h"
#include "recipe/override.h"
#include "report/embed.h"
#include "report/summary.h"
#include "script/embedded.h"

#define TEXT_MAX ((size_t)1 << 20)
#define SHOWN_MAX 200
#define SCRIPT "from"

struct from {
    const struct options *options;
    struct value *told;
    struct value *tree;
    struct value *clips;   // fields that name clips, or files by their hash
    struct value *sources; // for the script, those of others first
};

// Text that a template takes as it is.
static struct value *literal(const char *text)
{
    struct buf out;
    buf_init(&out, TEXT_MAX);
    for (; *text; text++) {
        if (text[0] == '$' && text[1] == '{')
            buf_byte(&out, '$');
        buf_byte(&out, *text);
    }
    struct value *v = value_strn(out.data, out.len);
    buf_free(&out);
    return v;
}

static struct value *literals(const struct value *v)
{
    if (v->type != VALUE_MAP)
        return value_text(v) ? literal(value_text(v)) : value_copy(v);
    struct value *map = value_map();
    for (size_t i = 0; i < v->map.n; i++)
        value_set(map, v->map.members[i].key,
                  literals(v->map.members[i].value));
    return map;
}

static bool is_named(const struct value *v)
{
    return value_get(v, "of") || value_get(v, "clip") ||
           value_get(v, "sha256") || value_get(v, "data");
}

// --- what is missing

// A file that only its hash is known of. NULL: none.
static const char *lost_file(const struct value *request)
{
    for (size_t i = 0; i < value_count(request); i++) {
        const struct value *v = request->map.members[i].value;
        if (value_get(v, "sha256") || value_get(v, "data"))
            return request->map.members[i].key;
    }
    return NULL;
}

static bool is_whole(const struct value *order)
{
    return value_get(order, "request") && !value_get(order, "left_out") &&
           !value_get(order, "gateway") &&
           !lost_file(value_get(order, "request"));
}

// What was left out of the clip's own request, and no word gives.
static bool has_all(const struct from *from, struct err *err)
{
    const struct value *request = value_get(from->tree, "request");
    const struct value *left = value_get(from->told, "left_out");
    const char *lost = lost_file(from->clips);
    if (!value_get(from->told, "request"))
        return err_set(err, ERR_USAGE,
                       "%s was bought elsewhere: what was asked for is not "
                       "known; nothing was bought",
                       from->options->from);
    for (size_t i = 0; !lost && i < value_count(left); i++) {
        const char *name = value_text(value_at(left, i));
        if (!value_get_path(request, name))
            lost = name;
    }
    if (!lost)
        return true;
    char *shown = text_printable(lost, strlen(lost), SHOWN_MAX);
    err_set(err, ERR_USAGE,
            "%s does not hold its '%s' (a file, an address with secrets, or "
            "fields passed through are not told); give it, for example "
            "%s=%s; nothing was bought",
            from->options->from, shown, shown,
            strcmp(shown, "image") == 0 ? "first.png" : "VALUE");
    free(shown);
    return false;
}

// --- the clips that it was made of

static const char *source_of(const struct value *v)
{
    const char *of = value_get_text(v, "of");
    return of ? of : value_get_text(v, "clip");
}

static bool has_source(const struct from *from, const char *fingerprint)
{
    for (size_t i = 0; i < value_count(from->sources); i++)
        if (strcmp(value_get_text(value_at(from->sources, i), "fingerprint"),
                   fingerprint) == 0)
            return true;
    return false;
}

// The script lays a source's request over the cell's: what only that has, goes.
static void take_away(struct value *request, const struct value *own)
{
    for (size_t i = 0; i < value_count(own); i++) {
        const struct value_member *m = &own->map.members[i];
        const struct value *have = value_get(request, m->key);
        if (!have)
            value_set(request, m->key, value_null());
        else if (have->type == VALUE_MAP && strcmp(m->key, "motion") == 0)
            take_away((struct value *)have, m->value);
    }
}

static void add_sources(struct from *from, const struct value *request,
                        int depth);

// One that cannot be made is looked for in the ledger, by the engine.
static void add_source(struct from *from, const char *fingerprint, int depth)
{
    const struct value *order =
        value_get(value_get(from->told, "of"), fingerprint);
    if (!order || depth > EMBED_DEPTH_MAX || has_source(from, fingerprint) ||
        !is_whole(order))
        return;
    const struct value *request = value_get(order, "request");
    add_sources(from, request, depth);
    struct value *source = value_map();
    value_set_text(source, "fingerprint", fingerprint);
    value_set(source, "route", value_copy(value_get(order, "route")));
    value_set(source, "take", value_copy(value_get(order, "take")));
    take_away(value_set(source, "request", value_copy(request)),
              value_get(from->tree, "request"));
    value_add(from->sources, source);
}

static void add_sources(struct from *from, const struct value *request,
                        int depth)
{
    for (size_t i = 0; i < value_count(request); i++) {
        const char *source = source_of(request->map.members[i].value);
        if (source)
            add_source(from, source, depth + 1);
    }
}

// As a parameter's default has it, where "${" has no meaning.
static struct value *as_param(const struct value *v)
{
    struct buf out;
    buf_init(&out, TEXT_MAX);
    char *text = json_text(v);
    for (const char *c = text; *c; c++)
        buf_str(&out, *c == '$' ? "\\u0024" : (char[]){*c, '\0'});
    free(text);
    struct value *param = value_strn(out.data, out.len);
    buf_free(&out);
    return param;
}

static void set_made_of(struct from *from)
{
    struct value *made = value_map();
    value_set(made, "take", value_copy(value_get(from->told, "take")));
    from->sources = value_set(made, "of", value_list());
    add_sources(from, from->clips, 0);
    value_set(made, "request", value_copy(from->clips));
    struct value *params = value_set(from->tree, "params", value_map());
    value_set(params, "made_of", as_param(made));
    from->sources = NULL;
    value_free(made);
}

// --- the recipe

static void set_name(struct from *from)
{
    const char *output = value_get_text(from->told, "output");
    char *name = xasprintf("from/%s%s%s", value_get_text(from->told, "cell"),
                           output ? "." : "", output ? output : "");
    struct value *outputs = value_set(from->tree, "outputs", value_map());
    value_set(outputs, "name", literal(name));
    free(name);
}

// A recipe names no clips: the script does.
static void set_request(struct from *from)
{
    const struct value *told = value_get(from->told, "request");
    struct value *request = value_set(from->tree, "request", value_map());
    from->clips = value_map();
    for (size_t i = 0; i < value_count(told); i++) {
        const struct value_member *m = &told->map.members[i];
        if (is_named(m->value))
            value_set(from->clips, m->key, value_copy(m->value));
        else
            value_set(request, m->key, literals(m->value));
    }
}

static void make_tree(struct from *from)
{
    static const char *const keys[] = {"gateway", "route"};
    const struct value *told = from->told;
    from->tree = value_map();
    value_set(from->tree, "tarmac", value_int(RECIPE_FORMAT));
    value_set(from->tree, "name", literals(value_get(told, "recipe")));
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
        value_set(from->tree, keys[i], literals(value_get(told, keys[i])));
    set_request(from);
    set_name(from);
}

// The words behind the clip, as behind a recipe that has no parameters.
static bool override_all(struct from *from, struct problems *problems)
{
    const struct options *options = from->options;
    int line = problems_file(problems, "command line");
    for (size_t i = 0; i < options->n_words; i++) {
        struct recipe_param param;
        override_apply(from->tree, options->words[i], line, &param, problems);
    }
    const struct value *request = value_get(from->tree, "request");
    for (size_t i = 0; i < value_count(request); i++)
        value_remove(from->clips, request->map.members[i].key);
    return problems->errors == 0;
}

static bool load(struct from *from, struct loaded *loaded,
                 struct problems *problems, struct err *err)
{
    size_t len;
    *loaded = (struct loaded){0};
    err->kind = ERR_NONE;
    make_tree(from);
    if (!override_all(from, problems) || !has_all(from, err))
        return false;
    set_made_of(from);
    char *script = embedded_read(from->options->lua_dir, SCRIPT, &len, err);
    if (!script)
        return false;
    struct value *tree = from->tree;
    from->tree = NULL;
    return load_tree_scripted(tree, script, len, SCRIPT ".lua", from->options,
                              loaded, problems, err);
}

int from_command(const struct options *options)
{
    struct from from = {.options = options};
    struct err err;
    if (options->n_params > 0) {
        log_error("--from has no recipe with parameters; write fields behind "
                  "it, for example: tarmac run --from %s motion.x=2",
                  options->from);
        return EXIT_USAGE;
    }
    from.told = told_of(options->from, &err);
    if (!from.told) {
        struct err why = err;
        err_set(&err, why.kind == ERR_FORMAT ? ERR_USAGE : why.kind,
                "%s cannot be made again: %s; nothing was bought",
                options->from, why.text);
        return load_say_err(&err, options->json);
    }
    struct loaded loaded;
    struct problems problems;
    problems_init(&problems, options->from);
    bool ok = load(&from, &loaded, &problems, &err);
    int code = loaded_say(&loaded, &problems, &err, options->json);
    if (ok)
        code = run_loaded(&loaded, options);
    loaded_free(&loaded);
    problems_free(&problems);
    value_free(from.clips);
    value_free(from.tree);
    value_free(from.told);
    return code;
}
