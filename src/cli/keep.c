#include "cli/keep.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "report/events.h"

#define TABLE_MAX ((size_t)512 << 20) // bytes of one file

static bool write_table(struct results *results,
                        void (*spell)(struct results *, struct buf *),
                        const char *path, struct err *err)
{
    struct buf out;
    buf_init(&out, TABLE_MAX);
    spell(results, &out);
    bool ok = out.overflow ? err_set(err, ERR_DISK,
                                     "%s would be larger than %zu MB; the "
                                     "scripts collect less, or nothing",
                                     path, TABLE_MAX >> 20)
                           : file_write(path, out.data, out.len, 0666, err);
    buf_free(&out);
    return ok;
}

static void announce(const struct results *results, const char *dir,
                     const char *csv, const char *list, bool json)
{
    size_t n = results_count(results);
    if (!json) {
        log_info("%s/results.csv and results.json: %zu row%s", dir, n,
                 n == 1 ? "" : "s");
        return;
    }
    struct value *event = value_map();
    value_set(event, "event", value_str("results"));
    value_set(event, "rows", value_int((int64_t)n));
    value_set(event, "csv", value_str(csv));
    value_set(event, "json", value_str(list));
    event_say(event);
}

static bool is_link(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

bool keep_folder(const struct state *state, const char *below, struct err *err)
{
    bool ok = true;
    for (size_t len = 0; ok && below[len]; len += strspn(below + len, "/")) {
        len += strcspn(below + len, "/");
        char *part = xstrndup(below, len);
        char *path = path_join(state->root, part);
        ok = !is_link(path) ||
             err_set(err, ERR_DISK,
                     "%s is a symbolic link: nothing is written through links "
                     "below %s",
                     part, state->root);
        free(path);
        free(part);
    }
    char *dir = path_join(state->root, below);
    ok = ok && path_mkdirs(dir, err);
    free(dir);
    return ok;
}

bool keep_results(struct results *results, const struct recipe *recipe,
                  const struct state *state, bool json, struct err *err)
{
    if (results_count(results) == 0)
        return true;
    char *below = path_join(recipe->out_dir, recipe->name);
    char *dir = state->here ? xstrdup(below) : path_join(state->root, below);
    char *csv = path_join(dir, "results.csv");
    char *list = path_join(dir, "results.json");
    bool ok = keep_folder(state, below, err) &&
              write_table(results, results_csv, csv, err) &&
              write_table(results, results_json, list, err);
    if (ok)
        announce(results, dir, csv, list, json);
    free(below);
    free(dir);
    free(csv);
    free(list);
    return ok;
}
