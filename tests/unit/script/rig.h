// A script with everything around it, for tests: a loop, a fake engine, a small
// recipe.
//
//     struct rig rig;
//     rig_open(&rig, NULL);
//     rig_run(&rig, "return function() … end");
//     assert_true(rig.ok);
//     rig_close(&rig); // also checks that nothing was left behind

#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/engine.h"
#include "recipe/recipe.h"
#include "script/internal.h"

struct rig_options {
    bool dry;
    const char *recipe_dir; // NULL: "/nonexistent"
    const char *lua_dir;
    const struct store *store;
    const struct machine_config *machine;
    int64_t steps;       // of a cell; 0: as it is
    const char *context; // NULL: calls are not remembered
    const char *prompt;  // of its request; NULL: "a pier"
};

struct rig {
    struct rig_options options;
    struct loop *loop;
    struct engine *engine;
    struct recipe recipe;
    struct gateway gateway;
    struct script *script; // NULL when it could not be made: err
    struct err err;
    // How the last cell ended.
    bool ended, ok;
    char *kind, *message, *task_id, *traceback;
    enum err_kind failure;
    size_t n;
    struct value *rows; // that it collected; or NULL
    char outputs[512];  // "suffix:prompt:clip suffix:prompt:clip"
};

void rig_open(struct rig *rig, const struct rig_options *options);
void rig_close(struct rig *rig);

// Run one cell, "orbit/x", of this source (NULL: the default one) to its end.
// False when it could not be loaded or started: err.
bool rig_run(struct rig *rig, const char *source);
// The same in two halves, for tests that look in between.
bool rig_start(struct rig *rig, const char *source);
void rig_turn(struct rig *rig); // once around the loop

// Run it, and hold its end against what must come of it: `outputs`; NULL: an
// error of this kind (NULL: any), with `message` in it.
void rig_check(struct rig *rig, const char *source, const char *outputs,
               const char *message, const char *kind);
// Leave it while it waits; rig_close() checks its watches and timers.
void rig_leave(const char *source);
