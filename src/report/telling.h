// Sentences and command lines as they may be told to whoever is given a report:
// what report/embed.h keeps to itself is "(left out)" of them. Pure.

#pragma once

#include <stdbool.h>

#include "data/value.h"

// A message, without addresses that hold more than a place and without paths of
// this machine; owned. NULL for NULL.
char *telling_text(const char *text);

// The words of a command line behind the program's name. `secrets`: names of
// parameters that are kept (manifest_secrets()). *whole: nothing was left out,
// so that it says the same. Owned.
struct value *telling_words(const struct value *words,
                            const struct value *secrets, bool *whole);
