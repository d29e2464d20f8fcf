// Bodies of the reverse format, read as orders or refused with a reason.

#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/reverse_order.h"

static struct wire *wire;

static bool read_as(const char *profile, const char *route, const char *body,
                    struct order *out, struct reverse_refusal *why)
{
    *why = (struct reverse_refusal){0};
    return reverse_order(wire, profile, route, body, strlen(body), false, out,
                         why);
}

static struct order taken(const char *profile, const char *route,
                          const char *body)
{
    struct order order;
    struct reverse_refusal why;
    if (!read_as(profile, route, body, &order, &why))
        fail_msg("%s %s %s\n-> %s", profile, route, body, why.message);
    return order;
}

static void refuse(const char *profile, const char *route, const char *body,
                   const char *code, const char *message)
{
    struct order order;
    struct reverse_refusal why;
    if (read_as(profile, route, body, &order, &why))
        fail_msg("%s takes %s", profile, body);
    assert_string_equal(why.message, message);
    assert_string_equal(why.code, code);
    free(why.message);
    order_clear(&order);
}

// --- what is published

#define MOTION                                                                 \
    "\"motion_vector\":{\"x\":0,\"y\":0.3999999999999999,\"z\":0,\"r\":-6,"    \
    "\"bg_x_pan\":0,\"bg_y_pan\":0}"
#define STILL                                                                  \
    "\"motion_vector\":{\"x\":0,\"y\":0,\"z\":0,\"r\":0,\"bg_x_pan\":0,"       \
    "\"bg_y_pan\":0}"
#define SEED_000                                                               \
    "{\"ratio\":\"16:9\",\"prompt\":\"string\",\"style\":\"string\","          \
    "\"model\":\"gen2\",\"image\":\"string\",\"options\":{\"seconds\":"        \
    "5," STILL "},\"callback_url\":\"string\"}"
#define SEED_002                                                               \
    "{\"callback_url\":\"http://baidu.com\",\"ratio\":\"16:9\","               \
    "\"prompt\":\"cat\",\"style\":\"cinematic\",\"model\":\"gen3\","           \
    "\"options\":{\"seconds\":10," MOTION "}}"
#define SEED_003                                                               \
    "{\"callback_url\":\"http://baidu.com\",\"ratio\":\"16:9\","               \
    "\"prompt\":\"a cat\",\"style\":\"cinematic\",\"model\":\"gen4\","         \
    "\"options\":{\"seconds\":10," MOTION "}}"
#define SEED_004                                                               \
    "{\"callback_url\":\"http://baidu.com\","                                  \
    "\"image\":\"https://db.xiaohuhd.com/1.jpeg\",\"model\":\"gen4\","         \
    "\"prompt\":\"Smile, Eat Burger\"}"
#define OK "\"prompt\":\"p\",\"model\":\"gen2\""
