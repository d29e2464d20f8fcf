#include "gateway/submit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "data/json.h"
#include "data/value.h"
#include "net/client.h"

#define SECONDS_DEFAULT 10 // as published
#define SEED_MAX 4294967295
#define MOTION_MAX 1000.0

static const char *const axes[RENDER_AXES] = {
    [RENDER_X] = "x", [RENDER_Y] = "y",           [RENDER_Z] = "z",
    [RENDER_R] = "r", [RENDER_BG_X] = "bg_x_pan", [RENDER_BG_Y] = "bg_y_pan",
};

// "found …" for a message: short scalars as they were written.
static bool refuse(struct err *err, const char *field, const char *accepted,
                   const struct value *found)
{
    if (!found)
        return err_set(err, ERR_FORMAT, "%s: required, %s", field, accepted);
    if (found->type == VALUE_LIST || found->type == VALUE_MAP)
        return err_set(err, ERR_FORMAT, "%s: %s, found %s", field, accepted,
                       value_type_name(found->type));
    char *text = json_text(found);
    char *shown = text_printable(text, strlen(text), 60);
    err_set(err, ERR_FORMAT, "%s: %s, found %s", field, accepted, shown);
    free(shown);
    free(text);
    return false;
}

// A field that is not there, or null, is absent.
static const struct value *field(const struct value *map, const char *name)
{
    const struct value *v = value_get(map, name);
    return v && v->type != VALUE_NULL ? v : NULL;
}

static bool blank(const char *s)
{
    return s[strspn(s, " \t\r\n")] == '\0';
}

static bool take_text(const struct value *body, const char *name, size_t max,
                      const char *accepted, char **out, struct err *err)
{
    const struct value *v = field(body, name);
    const char *text = value_text(v);
    if (!text || blank(text))
        return refuse(err, name, accepted, v);
    if (strlen(text) > max)
        return err_set(err, ERR_FORMAT, "%s: at most %zu bytes, found %zu",
                       name, max, strlen(text));
    *out = xstrdup(text);
    return true;
}

static bool take_ratio(const struct value *body, bool draft, struct submit *out,
                       struct err *err)
{
    const struct value *v = field(body, "ratio");
    const char *ratio = v ? value_text(v) : "16:9";
    if (ratio && render_size(ratio, draft, &out->width, &out->height))
        return true;
    return refuse(err, "ratio",
                  "16:9 9:16 1:1 4:3 3:4 21:9, or an even number of pixels "
                  "as 1280:720",
                  v);
}

// Checked and not used: our one style is previz.
static bool check_style(const struct value *body, struct err *err)
{
    const struct value *v = field(body, "style");
    const char *style = value_text(v);
    if (!v || (style && strlen(style) <= SUBMIT_NAME_MAX))
        return true;
    return refuse(err, "style", "a short string, as \"cinematic\"", v);
}

// An integer, or a real that is one: 5 and 5.0.
static bool whole(const struct value *v, int64_t *out)
{
    double d;
    if (!value_number(v, &d) || fabs(d) > 9e15 || d != floor(d))
        return false;
    *out = (int64_t)d;
    return true;
}

static bool take_motion(const struct value *options, struct submit *out,
                        struct err *err)
{
    const struct value *motion = field(options, "motion_vector");
    if (!motion)
        return true;
    if (motion->type != VALUE_MAP)
        return refuse(err, "options.motion_vector",
                      "an object of numbers x y z r bg_x_pan bg_y_pan", motion);
    for (int i = 0; i < RENDER_AXES; i++) {
        const struct value *v = field(motion, axes[i]);
        if (!v)
            continue;
        if (!value_number(v, &out->motion[i]) ||
            fabs(out->motion[i]) > MOTION_MAX) {
            char name[64];
            snprintf(name, sizeof name, "options.motion_vector.%s", axes[i]);
            return refuse(err, name, "a number from -1000 to 1000", v);
        }
    }
    return true;
}

static bool take_options(const struct value *body, struct submit *out,
                         struct err *err)
{
    const struct value *options = field(body, "options");
    if (options && options->type != VALUE_MAP)
        return refuse(err, "options", "an object", options);
    const struct value *v = field(options, "seconds");
    int64_t seconds = SECONDS_DEFAULT;
    if (v && (!whole(v, &seconds) || (seconds != 5 && seconds != 10)))
        return refuse(err, "options.seconds", "5 or 10", v);
    out->seconds = (int)seconds;
    v = field(options, "seed");
    if (v && (!whole(v, &out->seed) || out->seed < 0 || out->seed > SEED_MAX))
        return refuse(err, "options.seed", "an integer from 0 to 4294967295",
                      v);
    return take_motion(options, out, err);
}

// Clients send "" for an image that they do not have.
static bool take_image(const struct value *body, const char *own_host,
                       struct submit *out, struct err *err)
{
    const struct value *v = field(body, "image");
    if (!v)
        return true;
    const char *image = value_text(v);
    if (!image)
        return refuse(err, "image", INPUT_ACCEPTED, v);
    if (*image == '\0')
        return true;
    if (!input_kind(image, own_host, &out->image_kind, err))
        return false;
    out->image = xstrdup(image);
    return true;
}

static bool take_callback(const struct value *body, struct submit *out,
                          struct err *err)
{
    const struct value *v = field(body, "callback_url");
    if (!v)
        return true;
    const char *url = value_text(v);
    if (url && *url == '\0')
        return true;
    char *origin =
        url && strlen(url) <= SUBMIT_URL_MAX ? net_origin(url, NULL) : NULL;
    if (!origin)
        return refuse(err, "callback_url", "an http or https URL", v);
    free(origin);
    out->callback_url = xstrdup(url);
    return true;
}

static bool take_all(const struct value *body, const char *own_host, bool draft,
                     struct submit *out, struct err *err)
{
    if (body->type != VALUE_MAP)
        return err_set(err, ERR_FORMAT, "body: a JSON object, found %s",
                       value_type_name(body->type));
    return take_text(body, "prompt", SUBMIT_PROMPT_MAX,
                     "a string that is not empty", &out->prompt, err) &&
           take_text(body, "model", SUBMIT_NAME_MAX,
                     "the name of a model, as gen2 gen3 gen4 gen4_turbo",
                     &out->model, err) &&
           take_ratio(body, draft, out, err) && check_style(body, err) &&
           take_options(body, out, err) &&
           take_image(body, own_host, out, err) &&
           take_callback(body, out, err);
}

bool submit_parse(const char *body, size_t len, const char *own_host,
                  bool draft, struct submit *out, struct err *err)
{
    *out = (struct submit){.seed = -1};
    struct err why;
    struct value *v = json_read(body, len, JSON_STRICT, &why);
    if (!v)
        return err_set(err, ERR_FORMAT, "body: not JSON: %s", why.text);
    bool ok = take_all(v, own_host, draft, out, err);
    value_free(v);
    return ok;
}

void submit_free(struct submit *s)
{
    free(s->prompt);
    free(s->model);
    free(s->image);
    free(s->callback_url);
    *s = (struct submit){0};
}
