// The commands that are given recipes: run, plan, check.

#pragma once

#include "cli/options.h"

int run_command(const struct options *options);
int plan_command(const struct options *options);
int check_command(const struct options *options);
