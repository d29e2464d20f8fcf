#include "gateway/official_order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "gateway/official_asset.h"
#include "gateway/official_camera.h"

#define SECONDS_USUAL 5
#define SIDE_USUAL 1280 // of a ratio without pixels
#define SIDE_DRAFT 320
#define INTENSITY_MAX 5
#define THOUSAND 1000

struct reading {
    const struct value *table;  // official.yaml
    const struct value *fields; // of the body, as the table has them
    const struct value *price;
    const struct value *body;
    bool draft;
    struct order *out;
    struct schema_issues *issues;
};

// --- what is wrong

// `path` is the issue's; takes it.
static void wrong(struct schema_issues *issues, const char *code,
                  struct value *path, const char *message)
{
    if (issues->n == SCHEMA_ISSUES_MAX) {
        value_free(path);
        return;
    }
    issues->all[issues->n++] = (struct schema_issue){
        .code = code, .path = path, .message = xstrdup(message)};
}

static struct value *path_to(const char *name)
{
    struct value *path = value_list();
    value_add(path, value_str(name));
    return path;
}

static struct value *path_into(const char *name, int64_t index, const char *key)
{
    struct value *path = path_to(name);
    if (index >= 0)
        value_add(path, value_int(index));
    value_add(path, value_str(key));
    return path;
}

// --- the table

static const struct value *schemas_of(const struct value *table)
{
    return value_get(table, "schemas");
}

static const struct value *resolve(const struct value *table,
                                   const struct value *schema)
{
    const char *ref = value_get_text(schema, "$ref");
    return ref ? value_get(schemas_of(table), strrchr(ref, '/') + 1) : schema;
}

// What the body of this model may hold.
static const struct value *fields_of(const struct value *table,
                                     const struct value *schema,
                                     const char *model)
{
    const struct value *all = value_get(resolve(table, schema), "oneOf");
    for (size_t i = 0; i < value_count(all); i++) {
        const struct value *fields =
            value_get(resolve(table, value_at(all, i)), "properties");
        const char *its = value_get_text(value_get(fields, "model"), "const");
        if (its && strcmp(its, model) == 0)
            return fields;
    }
    return NULL;
}

// A field of the body, or what the table has in its place, or NULL.
static const struct value *given(const struct reading *r, const char *name)
{
    const struct value *v = value_get(r->body, name);
    if (v && v->type != VALUE_NULL)
        return v;
    return value_get(resolve(r->table, value_get(r->fields, name)), "default");
}

// --- assets

// False when it is not to be had; `path` is taken.
static bool asset_ok(const struct reading *r, const char *uri,
                     enum official_asset kind, struct value *path)
{
    char *why = official_asset_wrong(uri, kind, value_get(r->table, "assets"));
    if (why)
        wrong(r->issues, "custom", path, why);
    else
        value_free(path);
    bool ok = !why;
    free(why);
    return ok;
}

static void take_asset(const struct reading *r, const char *name,
                       enum official_asset kind, enum order_role role)
{
    const char *uri = value_text(given(r, name));
    if (uri && asset_ok(r, uri, kind, path_to(name)))
        order_add(r->out, role, uri);
}

// A list of {uri}; pictures are kept as references, the rest is only checked.
static void take_list(const struct reading *r, const char *name,
                      enum official_asset kind)
{
    const struct value *list = given(r, name);
    for (size_t i = 0; i < value_count(list); i++) {
        const char *uri = value_get_text(value_at(list, i), "uri");
        if (uri && asset_ok(r, uri, kind, path_into(name, (int64_t)i, "uri")) &&
            kind == OFFICIAL_IMAGE)
            order_add(r->out, ORDER_REFERENCE, uri);
    }
}

static void take_references(const struct reading *r)
{
    take_list(r, "references", OFFICIAL_IMAGE);
    take_list(r, "referenceImages", OFFICIAL_IMAGE);
    take_list(r, "keyframes", OFFICIAL_IMAGE);
    take_list(r, "referenceVideos", OFFICIAL_VIDEO);
    take_list(r, "referenceAudio", OFFICIAL_AUDIO);
    if (value_count(given(r, "referenceAudio")) > 0 && !given(r, "promptText"))
        wrong(r->issues, "custom", path_to("promptText"),
              "required with referenceAudio");
}

static enum order_role role_at(const char *position)
{
    if (!position)
        return ORDER_REFERENCE;
    return strcmp(position, "first") == 0 ? ORDER_FIRST : ORDER_LAST;
}

static void check_positions(const struct reading *r,
                            const int counts[ORDER_REFERENCE + 1])
{
    const char *why = NULL;
    if (counts[ORDER_LAST] > 0 && counts[ORDER_FIRST] == 0)
        why = "a last picture needs a first one";
    if (counts[ORDER_FIRST] > 1 || counts[ORDER_LAST] > 1)
        why = "at most one picture for each position";
    if (counts[ORDER_REFERENCE] > 0 &&
        counts[ORDER_FIRST] + counts[ORDER_LAST] > 0)
        why = "pictures with and without a position cannot be mixed";
    if (why)
        wrong(r->issues, "custom", path_to("promptImage"), why);
}

static void take_images(const struct reading *r)
{
    const struct value *v = given(r, "promptImage");
    int counts[ORDER_REFERENCE + 1] = {0};
    take_asset(r, "promptImage", OFFICIAL_IMAGE, ORDER_FIRST);
    for (size_t i = 0; i < value_count(v); i++) {
        const struct value *picture = value_at(v, i);
        const char *uri = value_get_text(picture, "uri");
        enum order_role role = role_at(value_get_text(picture, "position"));
        counts[role]++;
        if (uri && asset_ok(r, uri, OFFICIAL_IMAGE,
                            path_into("promptImage", (int64_t)i, "uri")))
            order_add(r->out, role, uri);
    }
    check_positions(r, counts);
}

// {type, uri}
static void take_performer(const struct reading *r, const char *name,
                           enum order_role picture, enum order_role film)
{
    const struct value *v = given(r, name);
    const char *type = value_get_text(v, "type");
    const char *uri = value_get_text(v, "uri");
    bool moves = type && strcmp(type, "video") == 0;
    if (uri && asset_ok(r, uri, moves ? OFFICIAL_VIDEO : OFFICIAL_IMAGE,
                        path_into(name, -1, "uri")))
        order_add(r->out, moves ? film : picture, uri);
}

// --- how large, how long, how dear

static int even(double n)
{
    int half = (int)(n / 2 + 0.5);
    return half < 1 ? 2 : half * 2;
}

// Within what can be rendered, in the same shape.
static void fit(const struct reading *r, int width, int height)
{
    int longer = width > height ? width : height;
    double side = longer > RENDER_SIDE_MAX ? RENDER_SIDE_MAX : longer;
    if (longer < RENDER_SIDE_MIN) // a ratio without pixels
        side = SIDE_USUAL;
    if (r->draft)
        side = SIDE_DRAFT;
    r->out->width = even(width * side / longer);
    r->out->height = even(height * side / longer);
}

static void take_size(const struct reading *r)
{
    const struct value *sizes = value_get(r->table, "resolutions");
    const char *named = value_text(given(r, "resolution"));
    const char *ratio = value_text(given(r, "ratio"));
    int64_t longer = named ? value_integer(value_get(sizes, named), 0) : 0;
    int width, height;
    if (!ratio)
        ratio = value_text(given(r, "targetAspectRatio"));
    bool as_input =
        r->out->kind != ORDER_GENERATE && r->out->kind != ORDER_PICTURE;
    if (r->out->kind == ORDER_UPSCALE)
        r->out->longer = (int)longer;
    if (as_input && !ratio)
        return;
    if (!ratio)
        ratio = value_get_text(r->table, "usual_ratio");
    if (sscanf(ratio, "%5d:%5d", &width, &height) != 2 || width < 1 ||
        height < 1)
        return;
    if (longer > 0) {
        height = (int)(height * longer / width);
        width = (int)longer;
    }
    fit(r, width, height);
}

static void take_seconds(const struct reading *r)
{
    double seconds = 0;
    bool said = value_number(given(r, "duration"), &seconds);
    if (r->out->kind == ORDER_GENERATE && !said)
        seconds = SECONDS_USUAL;
    r->out->seconds = seconds;
}

static int64_t thousandths(const struct value *map, const char *name)
{
    double credits = 0;
    value_number(value_get(map, name), &credits);
    return (int64_t)(credits * THOUSAND + 0.5);
}

// By the size that was asked for, not by that of a draft.
static bool is_large(const struct reading *r)
{
    int64_t from = value_integer(value_get(r->price, "large_from"), 0);
    const char *ratio = value_text(given(r, "ratio"));
    int width = 0, height = 0;
    if (from == 0 || !ratio || sscanf(ratio, "%5d:%5d", &width, &height) != 2)
        return false;
    return (width < height ? width : height) >= from;
}

static void take_cost(const struct reading *r)
{
    struct order *out = r->out;
    bool quiet = !value_truth(given(r, "audio"), true);
    bool silent = quiet && value_get(r->price, "silent");
    if (out->kind == ORDER_PICTURE) {
        out->cost = thousandths(r->price, is_large(r) ? "large" : "each");
        return;
    }
    out->cost = thousandths(r->price, silent ? "silent" : "second");
    out->cost_a_second = out->seconds == 0;
    out->least = thousandths(r->price, "least");
    if (!out->cost_a_second)
        out->cost = (int64_t)((double)out->cost * out->seconds + 0.5);
}

// --- the whole

static enum order_kind kind_of(const char *route)
{
    static const struct {
        const char *route;
        enum order_kind kind;
    } kinds[] = {{"video_to_video", ORDER_RESTYLE},
                 {"character_performance", ORDER_PERFORM},
                 {"video_upscale", ORDER_UPSCALE},
                 {"text_to_image", ORDER_PICTURE}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].route, route) == 0)
            return kinds[i].kind;
    return ORDER_GENERATE;
}

// Moves that are written out are the camera's, not the scene's.
static void take_prompt(const struct reading *r)
{
    const char *prompt = value_text(given(r, "promptText"));
    size_t keep;
    if (!prompt)
        prompt = "";
    free(r->out->prompt);
    r->out->prompt = official_camera(prompt, r->out->motion, &keep)
                         ? xstrndup(prompt, keep)
                         : xstrdup(prompt);
}

static void check_keyframes(const struct reading *r)
{
    const struct value *list = given(r, "keyframes");
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *k = value_at(list, i);
        if (!value_get(k, "seconds") == !value_get(k, "at"))
            wrong(r->issues, "invalid_union",
                  path_into("keyframes", (int64_t)i, "seconds"),
                  "one of seconds and at");
    }
}

static void take_all(const struct reading *r)
{
    double intensity, seed;
    struct order *out = r->out;
    out->model = xstrdup(value_get_text(r->body, "model"));
    out->seed = value_number(given(r, "seed"), &seed) ? (int64_t)seed : -1;
    out->strength = -1;
    if (out->kind == ORDER_PERFORM &&
        value_number(given(r, "expressionIntensity"), &intensity))
        out->strength = intensity / INTENSITY_MAX;
    out->body = value_truth(given(r, "bodyControl"), false);
    take_prompt(r);
    take_images(r);
    take_asset(r, "videoUri", OFFICIAL_VIDEO, ORDER_FILM);
    take_asset(r, "promptVideo", OFFICIAL_VIDEO, ORDER_FILM);
    take_performer(r, "character", ORDER_CHARACTER, ORDER_CHARACTER_FILM);
    take_performer(r, "reference", ORDER_FILM, ORDER_FILM);
    take_references(r);
    check_keyframes(r);
    take_size(r);
    take_seconds(r);
    take_cost(r);
}

bool official_order(const struct wire *wire, const char *route,
                    const char *body, size_t len, bool draft, struct order *out,
                    struct schema_issues *issues)
{
    const struct value *table = wire_official(wire);
    const struct value *schema =
        value_get(value_get(value_get(table, "routes"), route), "body");
    *out = (struct order){.kind = kind_of(route), .seed = -1, .strength = -1};
    struct err err;
    struct value *v = json_read(body, len, JSON_STRICT, &err);
    if (!v) {
        wrong(issues, "invalid_type", value_list(), err.text);
    } else if (v->type != VALUE_MAP) {
        err_set(&err, ERR_FORMAT, "an object, found %s",
                value_type_name(v->type));
        wrong(issues, "invalid_type", value_list(), err.text);
    } else if (schema_check(schema, schemas_of(table), v, issues)) {
        const char *model = value_get_text(v, "model");
        take_all(&(struct reading){
            .table = table,
            .fields = fields_of(table, schema, model),
            .price = value_get(value_get(table, "models"), model),
            .body = v,
            .draft = draft,
            .out = out,
            .issues = issues,
        });
    }
    value_free(v);
    return issues->n == 0;
}

// --- tiers

static int64_t allowed(const struct wire *wire, int tier, const char *model,
                       const char *what)
{
    const struct value *table = wire_official(wire);
    char name[16];
    snprintf(name, sizeof name, "%d", tier);
    const struct value *its =
        value_get(value_get(value_get(table, "tiers"), name), what);
    int64_t group = value_integer(
        value_get(value_get(value_get(table, "models"), model), "group"), 0);
    return group > 0 ? value_integer(value_at(its, (size_t)group - 1), 0) : 0;
}

int official_at_once(const struct wire *wire, int tier, const char *model)
{
    return (int)allowed(wire, tier, model, "concurrent");
}

int64_t official_a_day(const struct wire *wire, int tier, const char *model)
{
    return allowed(wire, tier, model, "daily");
}
