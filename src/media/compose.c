#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "data/json.h"
#include "media/sheet.h"
#include "media/wall.h"

#define SPEC_BYTES_MAX (64u << 20)

static bool say(struct value *line)
{
    char *text = json_text(line);
    bool ok = printf("%s\n", text) >= 0 && fflush(stdout) == 0;
    free(text);
    value_free(line);
    return ok;
}

static bool on_progress(void *arg, double part)
{
    (void)arg;
    struct value *line = value_map();
    value_set(line, "progress", value_real(part));
    return say(line);
}

static bool compose(bool wall, const char *path, const char *out,
                    struct err *err)
{
    size_t len;
    char *text = file_read(path, SPEC_BYTES_MAX, &len, err);
    if (!text)
        return false;
    struct value *spec = json_read(text, len, JSON_STRICT, err);
    free(text);
    struct sheet sheet = {.n = 0};
    bool ok =
        spec && sheet_open(&sheet, spec, err) &&
        (wall ? wall_film : sheet_still)(&sheet, out, on_progress, NULL, err);
    sheet_close(&sheet);
    value_free(spec);
    return ok;
}

int sheet_main(int argc, char **argv)
{
    struct err err = {.kind = ERR_NONE};
    bool ok = argc == 4 ? compose(strcmp(argv[1], "wall") == 0, argv[2],
                                  argv[3], &err)
                        : err_set(&err, ERR_USAGE, "SPEC and OUT are needed");
    struct value *line = value_map();
    value_set(line, "ok", value_bool(ok));
    if (!ok)
        value_set(line, "error", value_str(err.text));
    if (!ok && err.kind == ERR_DISK)
        value_set(line, "disk", value_bool(true));
    return say(line) && ok ? 0 : 1;
}
