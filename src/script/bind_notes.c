// collect and image: what needs no waiting and buys nothing.

#include "script/bind.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "data/json.h"
#include "engine/files.h"
#include "script/convert.h"
#include "script/job.h"
#include "script/raise.h"

// --- collect

#define ROW_NAME_MAX 200                 // bytes
#define VALUE_BYTES 128                  // that a value costs besides its text
#define COLLECTED_MAX ((size_t)64 << 20) // bytes, all cells of a run

static size_t count_values(const struct value *v)
{
    size_t n = 1;
    for (size_t i = 0; i < value_count(v); i++)
        n += count_values(v->type == VALUE_MAP ? v->map.members[i].value
                                               : value_at(v, i));
    return n;
}

// collect(name, value)
static int notes_collect(lua_State *L)
{
    struct script_cell *cell = bind_cell(L);
    lua_settop(L, 2);
    size_t len;
    const char *name =
        lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : NULL;
    if (!name || len == 0 || len > ROW_NAME_MAX || strlen(name) != len ||
        !text_is_utf8(name, len))
        return raise_mistake(L,
                             "runway.collect: the name is a text of 1 to %d "
                             "bytes",
                             ROW_NAME_MAX);
    struct convert_box *box = convert_box(L); // name value box
    struct err err;
    if (lua_isnil(L, 2))
        return raise_mistake(L, "runway.collect: '%s' has no value", name);
    box->value = convert_read(L, 2, "runway.collect", &err);
    if (!box->value)
        return raise_mistake(L, "%s", err.text);
    if (box->value->type == VALUE_NULL)
        return raise_mistake(L, "runway.collect: '%s' has no value", name);
    box->text = json_text(box->value);
    size_t size =
        strlen(box->text) + len + (1 + count_values(box->value)) * VALUE_BYTES;
    struct script *script = cell->script;
    if (size > COLLECTED_MAX - script->collected)
        return raise_mistake(
            L, "runway.collect: a run collects no more than %d MB",
            (int)(COLLECTED_MAX >> 20));
    script->collected += size;
    struct value *row = value_map();
    value_set(row, "name", value_strn(name, len));
    value_set(row, "value", box->value);
    box->value = NULL;
    if (!cell->life->rows)
        cell->life->rows = value_list();
    value_add(cell->life->rows, row);
    return 0;
}

// --- image

static bool check_picture(const char *name, const char *path, struct err *err)
{
    int fd = file_open(path, NULL, err);
    if (fd < 0)
        return false;
    char head[FILES_HEAD];
    ssize_t n;
    do {
        n = read(fd, head, sizeof(head));
    } while (n < 0 && errno == EINTR);
    close(fd);
    if (n > 0 && files_is_picture(head, (size_t)n))
        return true;
    return err_set(err, ERR_RECIPE, "'%s' is not a PNG, JPEG or WebP picture",
                   name);
}

static bool check_image(const struct script_config *config, const char *name,
                        struct err *err)
{
    char *path = NULL;
    if (files_is_other(config->files, name))
        return check_picture(name, name, err);
    struct err cause;
    bool ok = path_below(config->recipe_dir, name, &path, &cause);
    if (!ok)
        err_set(err, ERR_RECIPE, "%s; " FILES_ELSEWHERE, cause.text);
    else if (!path)
        ok = err_set(err, ERR_RECIPE, "there is no %s beside the recipe", name);
    else
        ok = check_picture(name, path, err);
    free(path);
    return ok;
}

// image(path or URL) -> what a request carries
static int notes_image(lua_State *L)
{
    const struct script_cell *cell = bind_cell(L);
    lua_settop(L, 1);
    size_t len = 0;
    const char *name =
        lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : NULL;
    if (!name || len == 0 || strlen(name) != len)
        return raise_mistake(L, "runway.image: expected the path of a picture "
                                "below the recipe's folder, or a URL");
    struct err err;
    if (!text_starts(name, "http://") && !text_starts(name, "https://") &&
        !check_image(&cell->script->config, name, &err))
        return raise_mistake(L, "runway.image: %s", err.text);
    return 1;
}

static const luaL_Reg notes_fns[] = {
    {"collect", notes_collect},
    {"image", notes_image},
    {NULL, NULL},
};

void bind_notes(lua_State *L)
{
    luaL_setfuncs(L, notes_fns, 0); // prim
}
