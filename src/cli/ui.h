// tarmac ui: a recipe or a run looked at in a browser.

#pragma once

#include "cli/options.h"

int ui_command(const struct options *options);

// Where the page is: a line for people, or {"event":"ui","url":…}.
void ui_say(const char *url, bool json);
