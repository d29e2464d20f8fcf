// Everything that is known of one purchase, in words. Pure.

#pragma once

#include "base/buf.h"
#include "data/value.h"

// `tree` is what ledger_describe() returns; a clip's "path", where it has one,
// is where its file lies in the store. Bodies from the wire are cut.
void showing_purchase(const struct value *tree, struct buf *out);
// What a clip tells of itself: embed_read()'s tree.
void showing_told(const struct value *told, struct buf *out);
// One line of a purchase that a word may have meant: ledger_match()'s row.
void showing_match(const struct value *row, struct buf *out);
