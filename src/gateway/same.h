// One clip for all tasks of a kind, for load tests: drawn once, from no prompt
// of theirs, and found under the name of each.

#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"
#include "gateway/order.h"

enum same_state { SAME_NONE, SAME_DRAWING, SAME_READY };

// Whoever finds one that is SAME_NONE may draw it, and says how it went.
struct same_kind {
    enum same_state state;
    enum order_kind kind; // ORDER_GENERATE or ORDER_PICTURE
    int width, height;
    int64_t length_ms;
    char id[64]; // of its files, which no route serves
    LIST_ENTRY(same_kind) link;
};

struct same;

struct same *same_new(const char *assets); // the folder; borrowed
void same_free(struct same *same);         // and removes what was drawn

// Which one an order gets. NULL: none, as only the film that it brings says how
// large and how long its clip is.
struct same_kind *same_find(struct same *same, const struct order *order);
// What draws it; order_clear() it.
struct order same_order(const struct same_kind *kind);
// Its files are the task's too: other names of them, or copies where the file
// system has no such names. Some let so many names have one file, and then it
// is drawn anew: SAME_NONE, and false with `err`.
bool same_give(struct same *same, struct same_kind *kind, const char *id,
               struct err *err);
