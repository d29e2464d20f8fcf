#include "script/clip.h"

#include <stdlib.h>

#include <lauxlib.h>

#include "script/freeze.h"

static const char clip_key; // tag: purchase, and file + 1 or 0 for all

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
    lua_createtable(L, 0, 10); // clip
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
    if (script->config.store) {
        free(box->text);
        box->text = store_path(script->config.store, row->sha256, row->ext);
        set_text(L, "path", box->text);
    }
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
            freeze(L, "a clip");
            freeze_tag(L, &clip_key, purchase, (lua_Integer)i + 1);
            lua_rawseti(L, -2, (lua_Integer)i + 1); // clip files
        }
        convert_mark_list(L);
        freeze(L, "a clip's list of files");
        lua_setfield(L, -2, "files"); // clip
    }
    freeze(L, "a clip");
    freeze_tag(L, &clip_key, purchase, 0);
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
