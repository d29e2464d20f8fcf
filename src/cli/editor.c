#include "cli/editor.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/starter_files.h"
#include "data/json.h"
#include "recipe/schema.h"

#define SCHEMA "recipe.schema.json"
#define TEXT_MAX (1u << 20)

static char *share_folder(void)
{
    char *program = path_program_dir();
    char *near = path_join(program, "../share/tarmac");
    char *dir = path_absolute(near);
    char *schema = path_join(dir, SCHEMA);
    if (!path_exists(schema)) {
        free(dir);
        dir = NULL;
    }
    free(schema);
    free(near);
    free(program);
    return dir;
}

static char *pretty(struct value *v)
{
    struct buf out;
    buf_init(&out, TEXT_MAX);
    json_pretty(v, &out);
    value_free(v);
    return buf_take(&out);
}

static bool write_into(const char *dir, const char *name, const char *text,
                       struct err *err)
{
    char *path = path_join(dir, name);
    bool ok = file_write(path, text, strlen(text), 0644, err);
    free(path);
    return ok;
}

bool editor_find(struct editor *editor, const struct state *state,
                 struct err *err)
{
    *editor = (struct editor){.dir = share_folder()};
    editor->shared = editor->dir != NULL;
    if (editor->shared)
        return true;
    editor->dir = path_join(state->dir, "editor");
    char *schema = pretty(schema_recipe());
    bool ok = state_make(state, err) && path_mkdirs(editor->dir, err) &&
              write_into(editor->dir, SCHEMA, schema, err) &&
              write_into(editor->dir, "types.lua", starter_types->text, err);
    free(schema);
    return ok;
}

void editor_free(struct editor *editor)
{
    free(editor->dir);
    *editor = (struct editor){0};
}

// How `to` is reached from the folder `from`, both absolute; owned.
static char *relative(const char *from, const char *to)
{
    size_t same = 0, i = 0;
    while (from[i] && from[i] == to[i]) {
        i++;
        if ((from[i] == '/' || !from[i]) && (to[i] == '/' || !to[i]))
            same = i;
    }
    struct buf out;
    buf_init(&out, TEXT_MAX);
    for (const char *s = from + same; (s = strchr(s, '/')) && s[1]; s++)
        buf_str(&out, "../");
    const char *rest = to + same;
    buf_str(&out, rest + (*rest == '/'));
    return buf_take(&out);
}

char *editor_schema(const struct editor *editor, const char *dir)
{
    char *schema = path_join(editor->dir, SCHEMA);
    if (editor->shared)
        return schema;
    char *seen = relative(dir, schema);
    free(schema);
    return seen;
}

char *editor_luarc(const struct editor *editor, const char *dir)
{
    static const char *const gone[] = {"io", "os", "coroutine", "debug",
                                       "package"};
    char *types =
        editor->shared ? xstrdup(editor->dir) : relative(dir, editor->dir);
    struct value *v = value_map(), *library = value_list();
    value_set(v, "runtime.version", value_str("Lua 5.4"));
    struct value *builtin = value_set(v, "runtime.builtin", value_map());
    for (size_t i = 0; i < sizeof(gone) / sizeof(*gone); i++)
        value_set(builtin, gone[i], value_str("disable"));
    value_add(library, value_str(types));
    value_set(v, "workspace.library", library);
    free(types);
    return pretty(v);
}
