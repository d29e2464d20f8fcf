// tarmac report: a run as a folder that is opened in a browser.

#pragma once

#include "cli/options.h"

int report_command(const struct options *options);
