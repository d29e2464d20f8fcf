#include "cli/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/key_command.h"
#include "data/yaml.h"
#include "net/client.h"
#include "recipe/gateways.h"
#include "recipe/keys.h"

#define KEY_MAX 8192
#define COMMAND_MS (60 * 1000) // it may ask the user for a password

static void check_key(const struct value_member *entry, struct problems *p)
{
    struct err err;
    char *origin = net_origin(entry->key, &err);
    if (!origin)
        problem_add(p, entry->pos,
                    "keys belong to origins such as "
                    "https://api.example.com: %s",
                    err.text);
    else if (strcmp(origin, entry->key) != 0)
        problem_add(p, entry->pos, "an origin has no path: write %s", origin);
    free(origin);
    const struct value *env = value_get(entry->value, "env");
    const struct value *command = value_get(entry->value, "command");
    const struct value *timeout = value_get(entry->value, "timeout");
    int64_t ms;
    bool one = value_count(entry->value) == 1 ||
               (command && timeout && value_count(entry->value) == 2);
    bool argv = command && command->type == VALUE_LIST && command->list.n > 0;
    for (size_t i = 0; argv && i < command->list.n; i++)
        argv = value_text(value_at(command, i)) != NULL;
    if (!one || (!value_text(env) && !argv))
        problem_add(p, entry->value->pos,
                    "a key is {env: NAME} or {command: [program, argument]}; "
                    "the key itself does not stand here");
    else if (timeout && (!key_duration(timeout, &ms) || ms == 0))
        problem_add(p, timeout->pos,
                    "'timeout' takes a duration such as 90s, or a number of "
                    "seconds");
}

static void check(struct config *config, struct problems *p)
{
    static const char *const names[] = {"keys", "gateways"};
    const struct value *tree = config->tree;
    if (tree->type != VALUE_MAP) {
        problem_add(p, tree->pos, "expected keys: and gateways:, found %s",
                    value_type_name(tree->type));
        return;
    }
    for (size_t i = 0; i < tree->map.n; i++) {
        const struct value_member *m = &tree->map.members[i];
        bool keys = strcmp(m->key, "keys") == 0;
        if (!keys && strcmp(m->key, "gateways") != 0) {
            const char *near = text_nearest(m->key, names, 2);
            problem_add(p, m->pos, "unknown key '%s'%s%s%s", m->key,
                        near ? " (did you mean '" : "", near ? near : "",
                        near ? "'?)" : "");
            continue;
        }
        if (m->value->type != VALUE_MAP) {
            problem_add(p, m->value->pos, "'%s' is a map, not %s", m->key,
                        value_type_name(m->value->type));
            continue;
        }
        for (size_t j = 0; j < m->value->map.n; j++) {
            const struct value_member *entry = &m->value->map.members[j];
            if (keys)
                check_key(entry, p);
            else
                gateway_entry_check(entry->key, entry->value, true, p);
        }
    }
    config->keys = value_get(tree, "keys");
    config->gateways = value_get(tree, "gateways");
}

// Nothing but blank lines and comments: as good as no file.
static bool says_nothing(const char *text)
{
    for (;;) {
        text += strspn(text, " \t\r\n");
        if (*text != '#')
            return *text == '\0';
        text += strcspn(text, "\n");
    }
}

bool config_read(struct config *config, struct problems *problems,
                 struct err *err)
{
    *config = (struct config){0};
    char *dir = env_config_dir();
    if (!dir)
        return true;
    config->path = path_join(dir, "config.yaml");
    free(dir);
    if (!path_exists(config->path))
        return true;
    size_t len;
    char *text = file_read(config->path, YAML_BYTES_MAX, &len, err);
    if (!text)
        return false;
    if (says_nothing(text)) {
        free(text);
        return true;
    }
    free(problems->file);
    problems->file = xstrdup(config->path);
    config->tree = yaml_read(text, len, problems);
    free(text);
    if (config->tree)
        check(config, problems);
    return problems->errors == 0;
}

void config_free(struct config *config)
{
    free(config->path);
    value_free(config->tree);
    *config = (struct config){0};
}

static char *from_command(const struct value *entry, struct err *err)
{
    const struct value *command = value_get(entry, "command");
    int64_t timeout_ms = COMMAND_MS;
    key_duration(value_get(entry, "timeout"), &timeout_ms);
    char **argv = xcalloc(command->list.n + 1, sizeof(*argv));
    for (size_t i = 0; i < command->list.n; i++)
        argv[i] = command->list.items[i]->string.bytes;
    struct buf out;
    buf_init(&out, KEY_MAX);
    bool ok = key_command(argv, timeout_ms, &out, err);
    free(argv);
    char *key = NULL;
    if (ok) // the first line, as pass(1) prints it
        key = xstrndup(out.data, strcspn(out.data, "\r\n"));
    explicit_bzero(out.data, out.len);
    buf_free(&out);
    return key;
}

static bool is_sendable(const char *key)
{
    if (!*key)
        return false;
    for (; *key; key++)
        if ((unsigned char)*key <= ' ' || (unsigned char)*key >= 0x7F)
            return false;
    return true;
}

bool config_key(const struct config *config, const char *origin, char **key,
                struct err *err)
{
    *key = NULL;
    const struct value *entry = value_get(config->keys, origin);
    if (!entry)
        return true;
    const char *name = value_get_text(entry, "env");
    if (name) {
        const char *value = env_get(name);
        if (!value)
            return err_set(err, ERR_GATEWAY,
                           "the key of %s is read from $%s, which is not set",
                           origin, name);
        *key = xstrdup(value);
    } else {
        *key = from_command(entry, err);
        if (!*key)
            return false;
    }
    if (is_sendable(*key))
        return true;
    bool empty = !**key;
    free(*key);
    *key = NULL;
    return err_set(err, ERR_GATEWAY,
                   empty ? "the key of %s is empty"
                         : "the key of %s holds characters that a header "
                           "cannot carry",
                   origin);
}
