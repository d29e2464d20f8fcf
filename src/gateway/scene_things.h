// The things that stand in a scene, as sprites.

#pragma once

#include <stdint.h>

#include "gateway/scene_sprite.h"
#include "gateway/scene_theme.h"

enum thing {
    THING_TREE,
    THING_PINE,
    THING_BUSH,
    THING_TUFT,
    THING_FENCE,
    THING_HOUSE,
    THING_LIGHTHOUSE,
    THING_BLOCK,
    THING_CACTUS,
    THING_ROCK,
    THING_BOAT,
    THING_LAMP,
    THINGS
};

#define VARIANTS 3

// Sprites of things, painted when first asked for. Of one thread at a time.
struct sprites;

// `side`: the shorter side of the picture, which decides their fineness.
struct sprites *sprites_new(const struct theme *theme, int side);
void sprites_free(struct sprites *sprites);
const struct sprite *sprites_get(struct sprites *sprites, enum thing thing,
                                 int variant);
