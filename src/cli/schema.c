#include "cli/schema.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "data/json.h"
#include "recipe/schema.h"
#include "report/summary.h"

int schema_command(const struct options *options)
{
    const char *of = options->n_words ? options->words[0] : "recipe";
    bool config = strcmp(of, "config") == 0;
    if (options->n_words > 1 || (!config && strcmp(of, "recipe") != 0)) {
        log_error("schema takes 'recipe' or 'config'; see: tarmac schema "
                  "--help");
        return EXIT_USAGE;
    }
    struct value *schema = config ? schema_config() : schema_recipe();
    struct buf out;
    buf_init(&out, 1 << 20);
    if (options->json) {
        json_write(schema, &out);
        buf_byte(&out, '\n');
    } else {
        json_pretty(schema, &out);
    }
    fwrite(out.data, 1, out.len, stdout);
    buf_free(&out);
    value_free(schema);
    return EXIT_ALL_DELIVERED;
}
