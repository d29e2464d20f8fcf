#include "gateway/wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "data/yaml.h"
#include "gateway/wire_files.h"

#define PROBLEMS_MAX 8192

struct wire {
    struct value *reverse, *official, *service;
};

static struct value *read_file(const struct wire_file *file, struct err *err)
{
    struct problems problems;
    problems_init(&problems, file->name);
    struct value *v = yaml_read(file->text, file->len, &problems);
    if (!v) {
        struct buf said;
        buf_init(&said, PROBLEMS_MAX);
        problems_write(&problems, &said);
        said.data[strcspn(said.data, "\n")] = '\0';
        err_set(err, ERR_DEFECT, "the embedded table %s", said.data);
        buf_free(&said);
    }
    problems_free(&problems);
    return v;
}

// A table that is not embedded is empty.
static struct value *table(const char *name, struct err *err)
{
    for (const struct wire_file *f = wire_files; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return read_file(f, err);
    return value_map();
}

struct wire *wire_open(struct err *err)
{
    struct wire *wire = xcalloc(1, sizeof *wire);
    wire->reverse = table("reverse", err);
    wire->official = wire->reverse ? table("official", err) : NULL;
    wire->service = wire->official ? table("service", err) : NULL;
    if (wire->service)
        return wire;
    wire_free(wire);
    return NULL;
}

void wire_free(struct wire *wire)
{
    if (!wire)
        return;
    value_free(wire->reverse);
    value_free(wire->official);
    value_free(wire->service);
    free(wire);
}

const struct value *wire_reverse(const struct wire *wire)
{
    return wire->reverse;
}

const struct value *wire_official(const struct wire *wire)
{
    return wire->official;
}

const struct value *wire_service(const struct wire *wire)
{
    return wire->service;
}
