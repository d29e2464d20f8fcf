// `tarmac doctor`: what is wrong here, and what to do. Buys nothing, sends no
// key, and leaves no file.

#pragma once

#include "cli/config.h"
#include "cli/options.h"
#include "cli/state.h"
#include "loop/loop.h"
#include "report/finding.h"

int doctor_command(const struct options *options);

// --- between the files of the doctor

struct doctor {
    const struct options *options;
    struct findings findings;
    struct loop *loop;
    struct state state;
    struct config config;
    struct recipe *recipe;  // of the command line; NULL: none, or not readable
    const char *recipe_dir; // where the files that it names lie
};

void doctor_say(struct doctor *doctor, enum finding_level level, int code,
                const char *subject, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

// Every gateway of the configuration and of the recipe, all asked at once.
void doctor_gateways(struct doctor *doctor);
// The libraries, and the other program.
void doctor_programs(struct doctor *doctor);
