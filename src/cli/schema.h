// tarmac schema: what a recipe may say, for editors.

#pragma once

#include "cli/options.h"

int schema_command(const struct options *options);
