#include "gateway/reverse_order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/text.h"
#include "gateway/reverse_body.h"
#include "net/client.h"

#define CREDIT 1000 // of order->cost
#define INTENSITY_MAX 5

// --- what comes in

static bool starts(const char *s, const char *prefix)
{
    return strncasecmp(s, prefix, strlen(prefix)) == 0;
}

// A data: URI of a type that the role's kind has, in base64.
static bool data_ok(const char *uri, bool film)
{
    static const char *const types[] = {
        "data:image/png;",  "data:image/jpeg;",      "data:image/jpg;",
        "data:image/webp;", "data:video/mp4;",       "data:video/quicktime;",
        "data:video/webm;", "data:video/x-matroska;"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (starts(uri, types[i]) && starts(types[i], "data:video") == film)
            return starts(uri + strlen(types[i]), "base64,");
    return false;
}

static bool url_ok(const char *url)
{
    char *origin =
        strlen(url) <= REVERSE_URL_MAX ? net_origin(url, NULL) : NULL;
    free(origin);
    return origin != NULL;
}

static bool source_ok(const char *source, bool film)
{
    if (starts(source, "data:"))
        return data_ok(source, film);
    return text_starts(source, "runway://") ? strlen(source) <= REVERSE_URL_MAX
                                            : url_ok(source);
}

static const struct {
    const char *name;
    enum order_role role;
} roles[] = {
    {"first", ORDER_FIRST},
    {"last", ORDER_LAST},
    {"film", ORDER_FILM},
    {"character", ORDER_CHARACTER},
    {"character_film", ORDER_CHARACTER_FILM},
    {"reference", ORDER_REFERENCE},
};

static enum order_role role_named(const char *name)
{
    size_t i = 0;
    while (i + 1 < sizeof roles / sizeof *roles &&
           strcmp(roles[i].name, name) != 0)
        i++;
    return roles[i].role;
}

static bool take_source(const struct reverse_body *body, const char *field,
                        enum order_role role, const struct value *v,
                        struct order *out, struct reverse_refusal *why)
{
    const char *source = value_text(v);
    bool film = role == ORDER_FILM || role == ORDER_CHARACTER_FILM;
    if (reverse_placeholder(v))
        return true;
    if (!source || !source_ok(source, film))
        return reverse_refuse_field(body, why, field, v);
    order_add(out, role, source);
    return true;
}

static bool take_inputs(const struct reverse_body *body, struct order *out,
                        struct reverse_refusal *why)
{
    const struct value *inputs = value_get(body->route, "inputs");
    // Only a picture that comes alone can be meant as the end.
    bool at_end =
        value_truth(reverse_field(body, "options.image_as_end_frame"), false) &&
        !reverse_said(body, "last_image");
    for (size_t i = 0; i < value_count(inputs); i++) {
        const char *field = inputs->map.members[i].key;
        const struct value *v = reverse_said(body, field);
        enum order_role role =
            role_named(value_text(inputs->map.members[i].value));
        if (role == ORDER_FIRST && at_end)
            role = ORDER_LAST;
        bool list = v && v->type == VALUE_LIST;
        if (v && !list && !take_source(body, field, role, v, out, why))
            return false;
        for (size_t j = 0; list && j < value_count(v); j++)
            if (!take_source(body, field, role, value_at(v, j), out, why))
                return false;
    }
    return true;
}

// One of two fields has to be there, which no schema of ours says.
static bool has_one_of(const struct reverse_body *body,
                       struct reverse_refusal *why)
{
    const struct value *names = value_get(body->route, "one_of");
    for (size_t i = 0; i < value_count(names); i++)
        if (reverse_said(body, value_text(value_at(names, i))))
            return true;
    return !names ||
           reverse_refusal(why, "invalid_request", "%s: required, or %s",
                           value_text(value_at(names, 0)),
                           value_text(value_at(names, 1)));
}

static bool take_callback(const struct reverse_body *body, struct order *out,
                          struct reverse_refusal *why)
{
    const struct value *v = reverse_said(body, "callback_url");
    if (!v || reverse_placeholder(v))
        return true;
    if (!url_ok(value_text(v)))
        return reverse_refuse_field(body, why, "callback_url", v);
    out->callback_url = xstrdup(value_text(v));
    return true;
}

// --- what is made

static void take_kind(const struct reverse_body *body, struct order *out)
{
    const char *kind = value_get_text(body->route, "order");
    out->kind = strcmp(kind, "restyle") == 0   ? ORDER_RESTYLE
                : strcmp(kind, "perform") == 0 ? ORDER_PERFORM
                                               : ORDER_GENERATE;
}

static bool take_words(const struct reverse_body *body, struct order *out,
                       struct reverse_refusal *why)
{
    const struct value *v = reverse_said(body, "prompt");
    const char *prompt = v ? value_text(v) : "";
    bool blank = prompt[strspn(prompt, " \t\r\n")] == '\0';
    if (v && blank && out->kind != ORDER_PERFORM)
        return reverse_refuse(why, "prompt", "a string that is not empty", v);
    if (strlen(prompt) > REVERSE_PROMPT_MAX)
        return reverse_refusal(why, "invalid_request",
                               "prompt: at most %d bytes, found %zu",
                               REVERSE_PROMPT_MAX, strlen(prompt));
    const char *model = value_text(reverse_field(body, "model"));
    out->prompt = xstrdup(prompt);
    out->model = xstrdup(model ? model : "");
    return true;
}

// A ratio that was said goes before `flip`, and this before any default. A
// result without either has the shape of the film that it is made of.
static bool take_size(const struct reverse_body *body, bool draft,
                      struct order *out, struct reverse_refusal *why)
{
    const struct value *v = reverse_said(body, "ratio");
    const struct value *flip = reverse_said(body, "options.flip");
    bool from_input = out->n_inputs > 0;
    if (!v && !(flip && from_input)) {
        v = reverse_field(body, "ratio");
        flip = reverse_field(body, "options.flip");
    }
    const char *ratio = v ? value_text(v) : NULL;
    if (!v && flip && from_input)
        ratio = value_truth(flip, false) ? "9:16" : "16:9";
    if (!ratio || render_size(ratio, draft, &out->width, &out->height))
        return true;
    return reverse_refuse_field(body, why, "ratio", v);
}

static void take_motion(const struct reverse_body *body, struct order *out)
{
    static const char *const axes[RENDER_AXES] = {
        [RENDER_X] = "x",           [RENDER_Y] = "y",
        [RENDER_Z] = "z",           [RENDER_R] = "r",
        [RENDER_BG_X] = "bg_x_pan", [RENDER_BG_Y] = "bg_y_pan",
    };
    const struct value *motion = reverse_said(body, "options.motion_vector");
    for (int i = 0; i < RENDER_AXES; i++)
        if (!value_number(value_get(motion, axes[i]), &out->motion[i]))
            out->motion[i] = 0;
}

// A multiplier has no published end, and 1 for "as it is": that is the middle.
static double expressive(const struct reverse_body *body)
{
    double n;
    if (value_number(reverse_said(body, "options.expression_intensity"), &n))
        return (n - 1) / (INTENSITY_MAX - 1);
    if (value_number(reverse_said(body, "options.motion_multiplier"), &n))
        return n / (n + 1);
    return -1;
}

static void take_options(const struct reverse_body *body, struct order *out)
{
    double n;
    if (value_number(reverse_field(body, "options.seconds"), &n))
        out->seconds = n;
    if (value_number(reverse_said(body, "options.seed"), &n))
        out->seed = (int64_t)n;
    take_motion(body, out);
    out->body = value_truth(reverse_field(body, "options.body_control"), false);
    out->strength = expressive(body);
    if (value_number(reverse_said(body, "options.structure_transformation"),
                     &n))
        out->strength = n;
}

static void take_cost(const struct wire *wire, struct order *out)
{
    int64_t a_second = value_integer(
        value_get_path(wire_reverse(wire), "prices.credits_a_second"), 0);
    out->cost_a_second = out->seconds <= 0;
    out->cost = a_second * CREDIT;
    if (!out->cost_a_second)
        out->cost = (int64_t)llround((double)out->cost * out->seconds);
}

bool reverse_order(const struct wire *wire, const char *profile,
                   const char *route, const char *body, size_t len, bool draft,
                   struct order *out, struct reverse_refusal *why)
{
    struct reverse_body read;
    *out = (struct order){.seed = -1, .strength = -1};
    bool ok = reverse_body_read(wire, profile, route, body, len, &read, why);
    if (ok) {
        take_kind(&read, out);
        ok = take_words(&read, out, why) && has_one_of(&read, why) &&
             take_inputs(&read, out, why) &&
             take_size(&read, draft, out, why) &&
             take_callback(&read, out, why);
        take_options(&read, out);
        take_cost(wire, out);
    }
    reverse_body_clear(&read);
    return ok;
}
