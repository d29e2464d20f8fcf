#include "cli/test.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/stuck.h"
#include "cli/test_recipe.h"
#include "report/events.h"
#include "script/testing.h"

#define SOURCE_BYTES_MAX (1u << 20)
#define TEST_END "_test.lua"

struct test {
    const struct options *options;
    struct test_recipe recipe;
    const char *file; // that runs, as the user knows it
    char **files;
    size_t n_files;
    uint64_t passed, failed;
    uint64_t unread; // files that did not load
};

// --- which files

static void add_file(struct test *test, char *file)
{
    test->files =
        xreallocarray(test->files, test->n_files + 1, sizeof(*test->files));
    test->files[test->n_files++] = file;
}

static int by_name(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

// orbit_test.lua and orbit_names_test.lua of orbit.yaml; the second is
// orbit_names.yaml's where there is one.
static bool is_test_of(const char *file, const char *stem, const char *dir)
{
    size_t len = strlen(stem);
    if (strncmp(file, stem, len) != 0 || file[len] != '_')
        return false;
    if (strcmp(file + len, TEST_END) == 0)
        return true;
    size_t longer = text_stem(file + len, TEST_END);
    if (longer == 0)
        return false;
    char *other = xasprintf("%s/%.*s.yaml", dir, (int)(len + longer), file);
    bool is_other = path_exists(other);
    free(other);
    return !is_other;
}

static bool find_files(struct test *test, const char *recipe, struct err *err)
{
    char *dir = path_dir(recipe);
    const char *base = path_base(recipe);
    size_t len = text_stem(base, ".yaml");
    if (len == 0)
        len = text_stem(base, ".yml");
    char *stem = xstrndup(base, len ? len : strlen(base));
    DIR *folder = opendir(dir);
    for (const struct dirent *entry;
         folder && (entry = readdir(folder)) != NULL;) {
        if (is_test_of(entry->d_name, stem, dir))
            add_file(test, strchr(recipe, '/') ? path_join(dir, entry->d_name)
                                               : xstrdup(entry->d_name));
    }
    if (folder)
        closedir(folder);
    if (test->n_files > 0)
        qsort(test->files, test->n_files, sizeof(*test->files), by_name);
    else
        err_set(err, ERR_RECIPE,
                "there is no %s" TEST_END " beside %s; it begins as in: "
                "test(\"it buys one clip\", function() "
                "same(recipe().bought, 1) end)",
                stem, recipe);
    free(stem);
    free(dir);
    return test->n_files > 0;
}

// --- what is said

static void on_log(void *arg, enum log_level level, const char *line)
{
    const struct test *test = arg;
    if (test->recipe.log) {
        value_add(test->recipe.log, value_str(line));
    } else if (test->options->json && level >= LOG_WARN) {
        event_say(event_message(level == LOG_WARN ? "warning" : "error", line));
    } else {
        char *text = log_line(level, line);
        fprintf(stderr, "%s\n", text);
        free(text);
    }
}

static void say_json(const struct test *test, const struct testing_end *end)
{
    struct value *v = value_map();
    value_set_text(v, "event", "test");
    value_set_text(v, "file", test->file);
    value_set_text(v, "name", end->name);
    value_set(v, "ok", value_bool(!end->message));
    value_set_text(v, "message", end->message);
    if (value_count(end->lines) > 0)
        value_set(v, "lines", value_copy(end->lines));
    event_traceback(v, end->traceback);
    event_say(v);
}

static void say_line(const char *indent, const char *text, size_t len)
{
    char *line = text_printable(text, len, SOURCE_BYTES_MAX);
    printf("%s%s\n", indent, line);
    free(line);
}

static void say_text(const struct testing_end *end)
{
    printf("  %-7s %s\n", end->message ? "failed" : "ok", end->name);
    if (!end->message)
        return;
    say_line("          ", end->message, strlen(end->message));
    for (size_t i = 0; i < value_count(end->lines); i++) {
        const char *line = value_text(value_at(end->lines, i));
        if (line)
            say_line("            ", line, strlen(line));
    }
    for (const char *at = end->traceback; at && *at;) {
        size_t len = strcspn(at, "\n");
        say_line("            ", at, len);
        at += len + (at[len] == '\n');
    }
}

static void on_ended(void *arg, const struct testing_end *end)
{
    struct test *test = arg;
    if (end->message)
        test->failed++;
    else
        test->passed++;
    if (test->options->json)
        say_json(test, end);
    else
        say_text(end);
    fflush(stdout);
}

static void say_end_text(const struct test *test, uint64_t n)
{
    printf("%" PRIu64 " test%s, %" PRIu64 " failed", n, n == 1 ? "" : "s",
           test->failed);
    if (test->unread > 0)
        printf(", %" PRIu64 " file%s not read", test->unread,
               test->unread == 1 ? "" : "s");
    puts("; nothing was bought");
}

static int say_end(const struct test *test)
{
    int code = test->unread > 0   ? EXIT_RECIPE
               : test->failed > 0 ? EXIT_CELLS_FAILED
                                  : EXIT_ALL_DELIVERED;
    uint64_t n = test->passed + test->failed;
    if (n == 0 && code == EXIT_ALL_DELIVERED) {
        log_error("no test has '%s' in its name", test->options->match);
        return EXIT_USAGE;
    }
    if (!test->options->json) {
        say_end_text(test, n);
        return code;
    }
    struct value *v = value_map();
    value_set_text(v, "event", "end");
    value_set(v, "exit", value_int(code));
    value_set(v, "tests", value_int((int64_t)n));
    value_set(v, "passed", value_int((int64_t)test->passed));
    value_set(v, "failed", value_int((int64_t)test->failed));
    event_say(v);
    return code;
}

// --- running them

static struct value *on_recipe(void *arg, const struct value *order,
                               struct err *err)
{
    struct test *test = arg;
    struct value *result = test_recipe_run(&test->recipe, order, err);
    stuck_watch(test->options); // the recipe's end ended it
    return result;
}

static void say_unread(struct test *test, const struct err *err,
                       const char *traceback)
{
    test->unread++;
    if (test->options->json) {
        struct value *event = event_message("error", err->text);
        value_set_text(event, "file", test->file);
        event_traceback(event, traceback);
        event_say(event);
        return;
    }
    fflush(stdout); // in order with what is said on stderr
    log_error("%s", err->text);
    if (traceback)
        load_say_traceback(traceback);
}

static void run_file(struct test *test, const char *dir)
{
    struct testing_config config = {
        .recipe_dir = dir,
        .lua_dir = test->options->lua_dir,
        .only = test->options->match,
        .recipe = on_recipe,
        .ended = on_ended,
        .arg = test,
    };
    struct err err;
    char *traceback = NULL;
    size_t len;
    if (!test->options->json)
        printf("%s\n", test->file);
    char *text = file_read(test->file, SOURCE_BYTES_MAX, &len, &err);
    struct testing *testing = text ? testing_new(&config, &err) : NULL;
    test->recipe.testing = testing;
    if (testing && testing_load(testing, text, len, path_base(test->file),
                                &traceback, &err))
        testing_run(testing);
    else
        say_unread(test, &err, traceback);
    testing_free(testing);
    free(traceback);
    free(text);
}

// A recipe that does not load has no tests that could pass.
static int check_recipe(const struct test *test, char **dir)
{
    struct options options = *test->options;
    options.n_words = 1;
    struct loaded loaded;
    struct problems problems;
    struct err err;
    problems_init(&problems, test->recipe.file);
    load_recipe(test->recipe.file, &options, &loaded, &problems, &err);
    int code = loaded_say(&loaded, &problems, &err, options.json);
    *dir = xstrdup(loaded.dir);
    loaded_free(&loaded);
    problems_free(&problems);
    return code;
}

static int run_files(struct test *test)
{
    char *dir;
    struct err err;
    int code = check_recipe(test, &dir);
    bool given = test->n_files > 0;
    if (code != EXIT_ALL_DELIVERED) {
        // it was told
    } else if (!given && !find_files(test, test->recipe.file, &err)) {
        code = load_say_err(&err, test->options->json);
    } else {
        stuck_watch(test->options);
        for (size_t i = 0; i < test->n_files; i++) {
            test->file = test->files[i];
            run_file(test, dir);
        }
        stuck_unwatch();
        code = say_end(test);
    }
    free(dir);
    return code;
}

static bool take_words(struct test *test, const struct options *options)
{
    if (options->n_words == 0) {
        log_error("test takes a recipe, for example: tarmac test "
                  "recipes/orbit.yaml");
        return false;
    }
    for (size_t i = 1; i < options->n_words; i++) {
        if (text_stem(options->words[i], ".lua") == 0) {
            log_error("test takes a recipe and Lua files, not '%s'; a test "
                      "itself says recipe {params = …, overrides = …}",
                      options->words[i]);
            return false;
        }
        add_file(test, xstrdup(options->words[i]));
    }
    test->recipe.file = options->words[0];
    return true;
}

int test_command(const struct options *options)
{
    struct test test = {.options = options, .recipe.options = options};
    int code = EXIT_USAGE;
    if (take_words(&test, options)) {
        log_set_sink(on_log, &test);
        code = run_files(&test);
        log_set_sink(NULL, NULL);
    }
    for (size_t i = 0; i < test.n_files; i++)
        free(test.files[i]);
    free(test.files);
    return code;
}
