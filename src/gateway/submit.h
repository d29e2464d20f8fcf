// The body of a submit, read and checked. What a client may leave out, it may;
// what it says must be right, and unknown fields are not looked at, as with the
// services that this one stands for.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "gateway/input.h"
#include "gateway/render.h"

#define SUBMIT_BODY_MAX (12u << 20)
#define SUBMIT_PROMPT_MAX 10000 // bytes
#define SUBMIT_NAME_MAX 100     // bytes of a model or style
#define SUBMIT_URL_MAX 4096

struct submit {
    char *prompt, *model;
    int width, height;
    int seconds;
    double motion[RENDER_AXES];
    int64_t seed; // -1: none
    enum input_kind image_kind;
    char *image;        // NULL unless an image is given
    char *callback_url; // NULL: none
};

// `own_host` is the Host that the client named. False with `err`, which names
// the field, what is accepted and what was found. Safe in any thread.
bool submit_parse(const char *body, size_t len, const char *own_host,
                  bool draft, struct submit *out, struct err *err);
void submit_free(struct submit *submit); // also after a failure
