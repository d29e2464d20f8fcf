#include "script/clip.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "script/freeze.h"
#include "script/raise.h"

static const char clip_key;    // tag: purchase, and file + 1 or 0 for all
static const char methods_key; // in the registry: metatable of clips' tables

static void set_number(lua_State *L, const char *name, double x)
{
    lua_pushnumber(L, x);
    lua_setfield(L, -2, name);
}

static void set_integer(lua_State *L, const char *name, lua_Integer i)
{
    lua_pushinteger(L, i);
    lua_setfield(L, -2, name);
}

static void set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

// The table of one file, not read-only yet. [-0, +1, m]
static void push_facts(lua_State *L, struct script *script,
                       struct purchase *purchase, size_t file,
                       struct convert_box *box)
{
    const struct clip_row *row = purchase_clip(purchase, file);
    lua_createtable(L, 0, 11); // clip
    set_integer(L, "n", row->n);
    set_number(L, "seconds", row->seconds);
    set_integer(L, "width", row->width);
    set_integer(L, "height", row->height);
    if (purchase_task_id(purchase))
        set_text(L, "task_id", purchase_task_id(purchase));
    convert_push_frozen(L, purchase_request(purchase), "a clip's request");
    lua_setfield(L, -2, "request"); // clip
    if (!row->sha256[0])
        return; // a plan's clip: there is no file
    set_text(L, "sha256", row->sha256);
    set_integer(L, "bytes", row->size);
    if (script->config.store) {
        free(box->text);
        box->text = store_path(script->config.store, row->sha256, row->ext);
        set_text(L, "path", box->text);
    }
}

// --- frames

// A number within the clip, or which end. [-0, +1, m]
static void push_selector(lua_State *L, int index, const struct clip_row *row)
{
    lua_pushvalue(L, index); // sel
    if (lua_type(L, -1) == LUA_TNUMBER) {
        double at = lua_tonumber(L, -1);
        if (!(at >= 0 && at <= row->seconds)) // not a number either
            raise_mistake(L, "frame: the clip has the seconds 0 to %f",
                          row->seconds);
        return;
    }
    const char *which =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    if (strcmp(which, "first") != 0 && strcmp(which, "last") != 0)
        raise_mistake(L, "frame: expected \"first\", \"last\" or seconds");
}

// clip:frame(selector) -> an image: what a request's field says for it
static int clip_frame(lua_State *L)
{
    lua_settop(L, 2);
    struct purchase *purchase;
    size_t file;
    if (!clip_read(L, 1, &purchase, &file))
        return raise_mistake(L, "frame: expected a clip, as in clip:frame()");
    size_t at = file == CLIP_ALL ? 0 : file;
    lua_createtable(L, 0, 3);                          // clip sel image
    push_selector(L, 2, purchase_clip(purchase, at));  // clip sel image sel
    lua_setfield(L, -2, "frame");                      // clip sel image
    set_text(L, "of", purchase_fingerprint(purchase)); // clip sel image
    if (at > 0)
        set_integer(L, "file", (lua_Integer)at + 1);
    freeze(L, "an image");
    return 1;
}

void clip_open(lua_State *L)
{
    lua_createtable(L, 0, 1);                        // mt
    lua_createtable(L, 0, 1);                        // mt methods
    lua_pushcfunction(L, clip_frame);                // mt methods fn
    lua_setfield(L, -2, "frame");                    // mt methods
    lua_setfield(L, -2, "__index");                  // mt
    lua_rawsetp(L, LUA_REGISTRYINDEX, &methods_key); // -
}

// The table on top becomes a clip. Its method is behind it, where neither
// pairs() nor the converter looks. [-1, +1, m]
static void make_clip(lua_State *L, struct purchase *purchase, lua_Integer tag)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &methods_key); // clip mt
    lua_setmetatable(L, -2);                         // clip
    freeze(L, "a clip");
    freeze_tag(L, &clip_key, purchase, tag);
}

void clip_push(lua_State *L, struct script *script, struct purchase *purchase,
               struct convert_box *box)
{
    luaL_checkstack(L, 6, NULL);
    push_facts(L, script, purchase, 0, box); // clip
    size_t n = purchase_clips(purchase);
    if (n > 1) {
        lua_createtable(L, (int)n, 0); // clip files
        for (size_t i = 0; i < n; i++) {
            push_facts(L, script, purchase, i, box); // clip files file
            make_clip(L, purchase, (lua_Integer)i + 1);
            lua_rawseti(L, -2, (lua_Integer)i + 1); // clip files
        }
        convert_mark_list(L);
        freeze(L, "a clip's list of files");
        lua_setfield(L, -2, "files"); // clip
    }
    make_clip(L, purchase, 0);
}

bool clip_read(lua_State *L, int index, struct purchase **purchase,
               size_t *file)
{
    void *pointer;
    lua_Integer n;
    if (!freeze_tagged(L, index, &clip_key, &pointer, &n))
        return false;
    *purchase = pointer;
    *file = n ? (size_t)n - 1 : CLIP_ALL;
    return true;
}

struct value *clip_name(lua_State *L, int index)
{
    struct purchase *purchase;
    size_t file;
    if (!clip_read(L, index, &purchase, &file))
        return NULL;
    struct value *name = value_map();
    value_set(name, "clip", value_str(purchase_fingerprint(purchase)));
    if (file != CLIP_ALL && file > 0)
        value_set(name, "file", value_int((int64_t)file + 1));
    return name;
}
