#include "data/yaml.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/scalar.h"
#include "data/yaml_bytes.h"

#define SHOWN 40 // bytes of a text from the file in a message

// An open list or map.
struct frame {
    struct value *node;
    char *key; // of a map: the key that waits for its value
    struct pos key_pos;
};

struct anchor {
    char *name;
    const struct value *node; // in the tree
};

struct build {
    struct problems *problems;
    struct frame stack[YAML_DEPTH_MAX];
    size_t depth;
    struct anchor anchors[YAML_ANCHORS_MAX];
    size_t n_anchors;
    size_t nodes, text; // so far
    size_t times;       // as much as the limits is taken
    size_t documents;
    struct value *root;
    int file;
    bool stop; // no point in going on
};

static struct pos pos_of(const struct build *b, yaml_mark_t mark)
{
    return (struct pos){(int)mark.line + 1, (int)mark.column + 1, b->file};
}

static const char *chars(const yaml_char_t *s)
{
    return (const char *)s;
}

// Count what is about to be held; true when there is room for it.
static bool account(struct build *b, struct pos pos, size_t nodes, size_t text)
{
    size_t most = b->times * YAML_NODES_MAX;
    size_t most_text = b->times * YAML_TEXT_MAX;
    b->nodes += nodes;
    b->text += text;
    if (b->nodes <= most && b->text <= most_text)
        return true;
    if (!b->stop && b->nodes > most)
        problem_add(b->problems, pos, "too large: more than %zu values", most);
    else if (!b->stop)
        problem_add(b->problems, pos,
                    "too large: more than %zu values or %zu MiB of text", most,
                    most_text >> 20);
    b->stop = true;
    return false;
}

static struct frame *top(struct build *b)
{
    return b->depth > 0 ? &b->stack[b->depth - 1] : NULL;
}

// Whether the next node is the key of a map.
static bool wants_key(struct build *b)
{
    struct frame *f = top(b);
    return f && f->node->type == VALUE_MAP && !f->key;
}

// Into the open list or map, or as the root. Takes `v`.
static void place(struct build *b, struct value *v)
{
    struct frame *f = top(b);
    if (!f) {
        b->root = v;
    } else if (f->node->type == VALUE_LIST) {
        value_add(f->node, v);
    } else {
        value_push(f->node, f->key, f->key_pos, v);
        free(f->key);
        f->key = NULL;
    }
}

static void remember(struct build *b, struct pos pos, const yaml_char_t *name,
                     const struct value *node)
{
    if (!name)
        return;
    size_t i = 0;
    while (i < b->n_anchors && strcmp(b->anchors[i].name, chars(name)) != 0)
        i++;
    if (i == YAML_ANCHORS_MAX) {
        problem_add(b->problems, pos, "more than %d anchors", YAML_ANCHORS_MAX);
        b->stop = true;
        return;
    }
    if (i == b->n_anchors)
        b->anchors[b->n_anchors++].name = xstrdup(chars(name));
    b->anchors[i].node = node;
}

// `s` cut and made harmless, in quotes; owned.
static char *shown(const char *s, size_t len)
{
    char *text = text_printable(s, len, SHOWN);
    char *quoted = xasprintf("'%s%s'", text, len > SHOWN ? "..." : "");
    free(text);
    return quoted;
}

// NULL after a problem.
static struct value *resolve(struct build *b, const yaml_event_t *e)
{
    const char *s = chars(e->data.scalar.value), *why = NULL;
    const char *tag = chars(e->data.scalar.tag);
    size_t len = e->data.scalar.length;
    struct value *v = NULL;
    if (tag)
        v = scalar_tagged(tag, s, len, &why);
    else if (e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        v = scalar_plain(s, len, &why);
    else
        v = value_strn(s, len);
    if (!v) {
        char *what = shown(s, len);
        problem_add(b->problems, pos_of(b, e->start_mark), "%s %s", what, why);
        free(what);
    }
    return v;
}

static void check_key(struct build *b, const yaml_event_t *e,
                      const struct value *v)
{
    struct pos pos = pos_of(b, e->start_mark);
    char *what = shown(chars(e->data.scalar.value), e->data.scalar.length);
    if (v->type != VALUE_STRING)
        problem_add(b->problems, pos,
                    "a key must be a string, and %s is %s: quote it", what,
                    value_type_name(v->type));
    else if (!value_text(v))
        problem_add(b->problems, pos, "a key with a NUL in it: %s", what);
    else if (strcmp(value_text(v), "<<") == 0 &&
             e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        problem_add(b->problems, pos, "merge keys ('<<') are not supported");
    free(what);
}

static void on_scalar(struct build *b, const yaml_event_t *e)
{
    struct pos pos = pos_of(b, e->start_mark);
    if (!account(b, pos, 1, e->data.scalar.length))
        return;
    struct value *v = resolve(b, e);
    if (!v)
        v = value_strn(chars(e->data.scalar.value), e->data.scalar.length);
    v->pos = pos;
    if (!wants_key(b)) {
        place(b, v);
        remember(b, pos, e->data.scalar.anchor, v);
        return;
    }
    check_key(b, e, v);
    value_free(v);
    struct frame *f = top(b);
    f->key = xstrndup(chars(e->data.scalar.value), e->data.scalar.length);
    f->key_pos = pos;
    if (e->data.scalar.anchor) {
        problem_add(b->problems, pos, "an anchor on a key is not supported");
        b->stop = true;
    }
}

static void on_open(struct build *b, const yaml_event_t *e, struct value *node,
                    const yaml_char_t *anchor, const yaml_char_t *tag)
{
    node->pos = pos_of(b, e->start_mark);
    const char *why = NULL;
    if (wants_key(b))
        why = "a key must be a string, not a list or a map";
    else if (!scalar_tag_fits(chars(tag), node->type))
        why = "the tag does not fit: only !!seq on a list and !!map on a map";
    else if (b->depth == YAML_DEPTH_MAX)
        why = "nested too deeply: more than 64 levels";
    if (why)
        problem_add(b->problems, node->pos, "%s", why);
    if (why || !account(b, node->pos, 1, 0)) {
        b->stop = true;
        value_free(node);
        return;
    }
    place(b, node);
    remember(b, node->pos, anchor, node);
    b->stack[b->depth++] = (struct frame){.node = node};
}

static void check_duplicates(struct build *b, const struct value *map)
{
    const struct value_member **sorted = value_sorted(map);
    size_t first = 0;
    for (size_t i = 1; i < map->map.n; i++) {
        if (strcmp(sorted[first]->key, sorted[i]->key) != 0) {
            first = i;
            continue;
        }
        char *what = shown(sorted[i]->key, strlen(sorted[i]->key));
        problem_add(b->problems, sorted[i]->pos,
                    "duplicate key %s (first on line %d)", what,
                    sorted[first]->pos.line);
        free(what);
    }
    free(sorted);
}

// What a copy of `v` would add. Stops counting, false, when that is too much.
static bool measure(struct build *b, const struct value *v, size_t depth,
                    size_t *nodes, size_t *text)
{
    bool ok = ++*nodes <= b->times * YAML_NODES_MAX &&
              *text <= b->times * YAML_TEXT_MAX;
    if (v->type == VALUE_STRING)
        *text += v->string.len;
    if (v->type != VALUE_LIST && v->type != VALUE_MAP)
        return ok;
    ok = ok && depth < YAML_DEPTH_MAX;
    for (size_t i = 0; ok && i < value_count(v); i++) {
        const struct value *child =
            v->type == VALUE_LIST ? v->list.items[i] : v->map.members[i].value;
        if (v->type == VALUE_MAP) {
            *text += strlen(v->map.members[i].key);
            ++*nodes;
        }
        ok = measure(b, child, depth + 1, nodes, text);
    }
    return ok;
}

// Why an alias cannot stand here, or NULL with what it names.
static const char *find_anchor(struct build *b, const char *name,
                               const struct value **node)
{
    if (wants_key(b))
        return "an alias as a key is not supported:";
    *node = NULL;
    for (size_t i = 0; i < b->n_anchors; i++) {
        if (strcmp(b->anchors[i].name, name) == 0)
            *node = b->anchors[i].node;
    }
    if (!*node)
        return "unknown alias";
    for (size_t i = 0; i < b->depth; i++) {
        if (b->stack[i].node == *node)
            return "an alias inside of what it names:";
    }
    return NULL;
}

static void on_alias(struct build *b, const yaml_event_t *e)
{
    struct pos pos = pos_of(b, e->start_mark);
    const char *name = chars(e->data.alias.anchor);
    const struct value *node = NULL;
    const char *why = find_anchor(b, name, &node);
    size_t nodes = b->nodes, text = b->text;
    if (!why && !measure(b, node, b->depth, &nodes, &text))
        why = "too large or nested too deeply with what it repeats:";
    if (why) {
        char *what = shown(name, strlen(name));
        problem_add(b->problems, pos, "%s %s", why, what);
        free(what);
        b->stop = true;
    } else if (account(b, pos, nodes - b->nodes, text - b->text)) {
        place(b, value_copy(node));
    }
}

static void on_event(struct build *b, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        break;
    case YAML_DOCUMENT_START_EVENT:
        if (++b->documents > 1) {
            problem_add(b->problems, pos_of(b, e->start_mark),
                        "a second document; a file holds one");
            b->stop = true;
        }
        break;
    case YAML_ALIAS_EVENT:
        on_alias(b, e);
        break;
    case YAML_SCALAR_EVENT:
        on_scalar(b, e);
        break;
    case YAML_SEQUENCE_START_EVENT:
        on_open(b, e, value_list(), e->data.sequence_start.anchor,
                e->data.sequence_start.tag);
        break;
    case YAML_MAPPING_START_EVENT:
        on_open(b, e, value_map(), e->data.mapping_start.anchor,
                e->data.mapping_start.tag);
        break;
    case YAML_SEQUENCE_END_EVENT:
        b->depth--;
        break;
    case YAML_MAPPING_END_EVENT:
        check_duplicates(b, top(b)->node);
        b->depth--;
        break;
    }
}

// The character at `index`, counted in characters; 0 beyond the end.
static uint32_t char_at(const char *text, size_t len, size_t index)
{
    uint32_t code = 0;
    size_t at = 0, step = 1;
    for (size_t i = 0; i <= index && step > 0; i++) {
        step = text_utf8(text + at, len - at, &code);
        at += step;
    }
    return step > 0 ? code : 0;
}

// What libyaml finds most often, in the words of somebody who writes a file.
static const char *in_plain_words(const char *what)
{
    static const struct {
        const char *libyaml, *plain;
    } known[] = {
        {"mapping values are not allowed",
         "a ':' cannot stand here: indent the keys of a map alike, and quote a "
         "text that holds ': '"},
        {"did not find expected key",
         "a key was expected here: are the keys of this map indented alike?"},
        {"could not find expected ':'",
         "a ':' is missing: a key is followed by ': ' and its value"},
        {"found unexpected end of stream",
         "the file ends inside of a text: a quote is missing"},
        {"did not find expected ',' or '}'", "a ',' or '}' is missing"},
        {"did not find expected ',' or ']'", "a ',' or ']' is missing"},
        {"did not find expected node content", "a value is missing"},
        {"found a tab character that violates indentation",
         "a tab cannot indent; use spaces"},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (text_starts(what, known[i].libyaml))
            return known[i].plain;
    }
    return what;
}

static void syntax_problem(struct build *b, const yaml_parser_t *parser,
                           uint32_t found)
{
    const char *what = parser->problem ? parser->problem : "cannot be read";
    const char *plain = in_plain_words(what);
    struct pos pos = pos_of(b, parser->problem_mark);
    bool no_token = strstr(what, "cannot start any token") != NULL;
    if (no_token && found == '\t')
        problem_add(b->problems, pos,
                    "not YAML: a tab cannot indent; use spaces");
    else if (no_token && found > ' ' && found < 0x7f)
        problem_add(b->problems, pos,
                    "not YAML: '%c' cannot begin a text; quote it", (int)found);
    else if (plain != what && parser->context)
        problem_add(b->problems, pos, "not YAML: %s (it begins on line %zu)",
                    plain, parser->context_mark.line + 1);
    else if (plain != what)
        problem_add(b->problems, pos, "not YAML: %s", plain);
    else if (parser->context)
        problem_add(b->problems, pos, "not YAML: %s %s that begins on line %zu",
                    what, parser->context, parser->context_mark.line + 1);
    else
        problem_add(b->problems, pos, "not YAML: %s", what);
}

static void run(struct build *b, const char *text, size_t len)
{
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        abort(); // only when memory runs out
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const yaml_char_t *)text, len);
    for (bool more = true; more && !b->stop;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            if (parser.error == YAML_MEMORY_ERROR)
                abort();
            syntax_problem(b, &parser,
                           char_at(text, len, parser.problem_mark.index));
            break;
        }
        on_event(b, &event);
        more = event.type != YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static struct value *build_tree(const char *text, size_t len, int file,
                                size_t times, struct problems *problems)
{
    size_t errors = problems->errors;
    struct build *b = xcalloc(1, sizeof(*b));
    b->problems = problems;
    b->times = times;
    b->file = file;
    run(b, text, len);
    if (b->documents == 0 && problems->errors == errors)
        problem_add(problems, (struct pos){1, 1, file}, "the file is empty");
    struct value *root = b->root;
    if (problems->errors != errors) {
        value_free(root);
        root = NULL;
    }
    for (size_t i = 0; i < b->depth; i++)
        free(b->stack[i].key);
    for (size_t i = 0; i < b->n_anchors; i++)
        free(b->anchors[i].name);
    free(b);
    return root;
}

static struct value *read_within(const char *text, size_t len, int file,
                                 size_t times, struct problems *problems)
{
    if (len > times * YAML_BYTES_MAX) {
        problem_add(problems, (struct pos){1, 1, file},
                    "too large: more than %zu bytes", times * YAML_BYTES_MAX);
        return NULL;
    }
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    if (!yaml_bytes_check(text, len, file, problems))
        return NULL;
    return build_tree(text, len, file, times, problems);
}

struct value *yaml_read_file(const char *text, size_t len, int file,
                             struct problems *problems)
{
    return read_within(text, len, file, 1, problems);
}

struct value *yaml_read_large(const char *text, size_t len, int file,
                              struct problems *problems)
{
    return read_within(text, len, file, YAML_LARGE, problems);
}

struct value *yaml_read(const char *text, size_t len, struct problems *problems)
{
    return yaml_read_file(text, len, 0, problems);
}
