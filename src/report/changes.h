// How two requests differ, in words: for who asks why something is bought.
// Pure.

#pragma once

#include "base/buf.h"
#include "data/value.h"

// "motion.x 4 → 5, prompt 'a pier' → 'a cliff', seed 7 removed, ratio '16:9'
// added": each field that differs, by its dotted name, in the order of names. A
// long text is shortened around where it begins to differ; what stands for a
// file or for a frame of a clip is told as one. Beyond eight fields it says how
// many more there are. Nothing is written where they are the same; either may
// be NULL, which is as an empty map. One line, printable whatever the values
// hold.
void changes_text(const struct value *was, const struct value *is,
                  struct buf *out);
