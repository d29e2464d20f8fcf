#include "cli/init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/editor.h"
#include "cli/load.h"
#include "cli/starter_files.h"
#include "cli/state.h"
#include "recipe/keys.h"
#include "report/events.h"
#include "report/summary.h"

#define TEXT_MAX (1u << 20)

struct init {
    const struct options *options;
    char *file, *script, *luarc; // as they are told, and opened
    char *name;                  // the recipe's
    char *dir;                   // absolute, that `file` lies in
    struct state state;
    struct editor editor;
};

static bool is_name(const char *file, size_t stem)
{
    const char *base = path_base(file);
    char *name = xstrndup(base, stem - (size_t)(base - file));
    bool ok = key_is_name(name);
    free(name);
    return ok;
}

// False after one line for a word that cannot be a recipe's file.
static bool name_files(struct init *init)
{
    const struct options *options = init->options;
    const char *word = options->n_words ? options->words[0] : "recipe";
    size_t stem = text_stem(word, ".yaml");
    if (stem == 0)
        stem = text_stem(word, ".yml");
    if (stem == 0)
        stem = strlen(word);
    if (options->n_words > 1 || *path_base(word) == '\0' ||
        !is_name(word, stem)) {
        log_error("init takes one name, of letters, digits, '.', '_' and '-', "
                  "for example: tarmac init film");
        return false;
    }
    init->file = word[stem] ? xstrdup(word) : xasprintf("%s.yaml", word);
    init->script = xasprintf("%.*s.lua", (int)stem, word);
    const char *base = path_base(word);
    init->name = xstrndup(base, stem - (size_t)(base - word));
    init->dir = folder_of(init->file);
    state_find(&init->state, init->dir);
    init->luarc =
        path_join(init->state.here ? "" : init->state.root, ".luarc.json");
    return true;
}

// What was there before is never written over: somebody made it.
static bool create(const char *path, const char *text, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_set(err, ERR_DISK, "%s: %s", path, strerror(errno));
    bool ok = file_write_all(fd, text, strlen(text));
    if (!ok)
        err_set(err, ERR_DISK, "%s: %s", path, strerror(errno));
    return close(fd) == 0 && ok;
}

static void say_wrote(const struct init *init, const char *path)
{
    if (!init->options->json) {
        printf("wrote %s\n", path);
        return;
    }
    struct value *row = value_map();
    value_set(row, "path", value_str(path));
    event_say(event_row("written", row));
    value_free(row);
}

// `text` with @NAME@, @FILE@ … filled in; owned.
static char *filled(const struct init *init, const char *text,
                    const char *schema)
{
    char *script = init->options->script
                       ? xasprintf("script: %s\n", path_base(init->script))
                       : xstrdup("");
    const struct {
        const char *mark, *value;
    } marks[] = {
        {"@NAME@", init->name},
        {"@FILE@", init->file},
        {"@SCHEMA@", schema},
        {"@SCRIPT@\n", script},
    };
    struct buf out;
    buf_init(&out, TEXT_MAX);
    while (*text) {
        const char *value = NULL;
        for (size_t i = 0; i < sizeof(marks) / sizeof(*marks) && !value; i++) {
            if (!text_starts(text, marks[i].mark))
                continue;
            value = marks[i].value;
            text += strlen(marks[i].mark);
        }
        if (value)
            buf_str(&out, value);
        else
            buf_byte(&out, *text++);
    }
    free(script);
    return buf_take(&out);
}

static bool write_recipe(const struct init *init, struct err *err)
{
    char *schema = editor_schema(&init->editor, init->dir);
    char *recipe = filled(init, starter_yaml->text, schema);
    char *script = filled(init, starter_lua->text, schema);
    bool ok = path_mkdirs(init->dir, err) && create(init->file, recipe, err);
    if (ok)
        say_wrote(init, init->file);
    if (ok && init->options->script) {
        ok = create(init->script, script, err);
        if (ok)
            say_wrote(init, init->script);
    }
    free(script);
    free(recipe);
    free(schema);
    return ok;
}

static bool write_luarc(const struct init *init, struct err *err)
{
    if (path_exists(init->luarc))
        return true;
    char *text = editor_luarc(&init->editor, init->state.root);
    bool ok = create(init->luarc, text, err);
    free(text);
    if (ok)
        say_wrote(init, init->luarc);
    return ok;
}

static int write_all(struct init *init)
{
    struct err err;
    const struct options *options = init->options;
    const char *there = path_exists(init->file) ? init->file
                        : options->script && path_exists(init->script)
                            ? init->script
                            : NULL;
    if (there) {
        log_error("%s is there already: nothing was written; another name "
                  "does it, for example: tarmac init film2",
                  there);
        return EXIT_USAGE;
    }
    if (!editor_find(&init->editor, &init->state, &err) ||
        !write_recipe(init, &err) ||
        (options->script && !write_luarc(init, &err)))
        return load_say_err(&err, options->json);
    if (!options->json)
        printf("it runs as it is, without an account: tarmac run %s\n",
               init->file);
    return EXIT_ALL_DELIVERED;
}

int init_command(const struct options *options)
{
    struct init init = {.options = options};
    int code = EXIT_USAGE;
    if (name_files(&init))
        code = write_all(&init);
    editor_free(&init.editor);
    state_free(&init.state);
    free(init.luarc);
    free(init.script);
    free(init.file);
    free(init.name);
    free(init.dir);
    return code;
}
