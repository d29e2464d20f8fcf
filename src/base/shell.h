// Words for a shell to read.

#pragma once

#include "base/buf.h"

// `word` as a POSIX shell takes it for one word: quoted only where it must be.
void shell_word(const char *word, struct buf *out);
