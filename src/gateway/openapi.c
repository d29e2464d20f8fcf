#include "gateway/openapi.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/answer.h"

#define BEARER "bearer"
#define JSON "application/json"

struct maker {
    const struct value *service; // its table
    struct value *paths, *schemas;
    const char *tag; // "reverse"
    bool key;
};

static struct value *string_schema(const char *format)
{
    struct value *schema = value_map();
    value_set(schema, "type", value_str("string"));
    if (format)
        value_set(schema, "format", value_str(format));
    return schema;
}

// {"<type>": {"schema": …}}; takes `schema`, which may be NULL.
static struct value *content(const char *type, struct value *schema)
{
    struct value *v = value_map();
    struct value *media = value_set(v, type, value_map());
    if (schema)
        value_set(media, "schema", schema);
    return v;
}

// --- schemas

// What a discriminator says, by the name of the schema: our schemas are not
// called after the model.
static void map_models(const struct value *all, struct value *schema)
{
    const struct value *one_of = value_get(schema, "oneOf");
    struct value *by = value_set(schema, "discriminator", value_map());
    struct value *mapping = value_map();
    value_set(by, "propertyName", value_str("model"));
    for (size_t i = 0; i < value_count(one_of); i++) {
        static const char below[] = "#/components/schemas/";
        const char *ref = value_get_text(value_at(one_of, i), "$ref");
        const struct value *named =
            ref ? value_get(all, ref + strlen(below)) : NULL;
        const struct value *model = value_get_path(named, "properties.model");
        const char *is = value_get_text(model, "const");
        if (is)
            value_set(mapping, is, value_str(ref));
    }
    value_set(by, "mapping", mapping);
}

static void add_schemas(struct maker *m, const struct value *table)
{
    const struct value *all = value_get(table, "schemas");
    for (size_t i = 0; i < value_count(all); i++) {
        const struct value_member *s = &all->map.members[i];
        struct value *copy =
            value_set(m->schemas, s->key, value_copy(s->value));
        if (value_get(copy, "discriminator"))
            map_models(all, copy);
    }
}

// --- an operation

static void add_parameter(struct value *list, const char *name, const char *in,
                          bool required, struct value *schema)
{
    struct value *p = value_map();
    value_set(p, "name", value_str(name));
    value_set(p, "in", value_str(in));
    value_set(p, "required", value_bool(required));
    value_set(p, "schema", schema);
    value_add(list, p);
}

// "{id}" in the path.
static void add_path_parameters(struct value *list, const char *path)
{
    for (const char *at = path; (at = strchr(at, '{')) != NULL; at++) {
        char *name = xasprintf("%.*s", (int)strcspn(at + 1, "}"), at + 1);
        add_parameter(list, name, "path", true, string_schema(NULL));
        free(name);
    }
}

static struct value *parameters(const struct maker *m,
                                const struct value *route, const char *path)
{
    struct value *list = value_list();
    add_path_parameters(list, path);
    const struct value *query = value_get(route, "query");
    for (size_t i = 0; i < value_count(query); i++) {
        struct value *schema = value_map();
        value_set(schema, "type", value_str("integer"));
        value_set(schema, "minimum", value_int(1));
        add_parameter(list, value_text(value_at(query, i)), "query", false,
                      schema);
    }
    const struct value *header =
        value_get(value_get(m->service, "header"), m->tag);
    if (header)
        add_parameter(list, value_get_text(header, "name"), "header",
                      value_truth(value_get(header, "required"), false),
                      value_copy(value_get(header, "schema")));
    return list;
}

static struct value *form_of(const struct value *fields)
{
    struct value *schema = value_map(), *properties = value_map();
    value_set(schema, "type", value_str("object"));
    for (size_t i = 0; i < value_count(fields); i++)
        value_set(properties, value_text(value_at(fields, i)),
                  string_schema("binary"));
    value_set(schema, "required", value_copy(fields));
    value_set(schema, "properties", properties);
    return schema;
}

static void set_request(struct value *operation, const struct value *route)
{
    const struct value *body = value_get(route, "body");
    const struct value *form = value_get(route, "form");
    if (!body && !form)
        return;
    struct value *request = value_map();
    value_set(request, "required", value_bool(true));
    value_set(request, "content",
              body ? content(JSON, value_copy(body))
                   : content("multipart/form-data", form_of(form)));
    value_set(operation, "requestBody", request);
}

static struct value *response(const char *says, struct value *body)
{
    struct value *v = value_map();
    value_set(v, "description", value_str(says));
    if (body)
        value_set(v, "content", body);
    return v;
}

static struct value *error_response(const struct maker *m, const char *tag,
                                    const char *says)
{
    const struct value *schema =
        value_get(value_get(m->service, "errors"), tag);
    return response(says, content(JSON, value_copy(schema)));
}

static struct value *responses(const struct maker *m, const char *name,
                               const struct value *route, bool open)
{
    struct value *v = value_map();
    const struct value *answer = value_get(route, "answer");
    const char *type = value_get_text(route, "type");
    const char *status = value_get_text(route, "status");
    if (!answer && strcmp(m->tag, "official") == 0)
        answer = value_get(value_get(m->service, "answers"), name);
    struct value *body = answer ? content(JSON, value_copy(answer))
                         : type ? content(type, NULL)
                                : NULL;
    if (!status)
        status = body ? "200" : "204";
    value_set(v, status, response("as asked", body));
    if (!open)
        value_set(v, "401",
                  error_response(
                      m, strcmp(m->tag, "official") == 0 ? m->tag : "service",
                      "the key is missing or wrong"));
    value_set(v, "default", error_response(m, m->tag, "what is wrong"));
    return v;
}

// "get" of "GET"; owned.
static char *lower(const char *text)
{
    char *copy = xstrdup(text);
    for (char *c = copy; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

// "runway_v1_generate": the same in every version of ours.
static char *operation_id(const struct maker *m, const char *family,
                          const char *name)
{
    char *id = xasprintf("%s_%s", *family ? family + 1 : m->tag, name);
    for (char *c = id; *c; c++)
        if (*c == '/')
            *c = '_';
    return id;
}

// One path has several methods.
static struct value *item_of(struct value *paths, const char *path)
{
    for (size_t i = 0; i < paths->map.n; i++)
        if (strcmp(paths->map.members[i].key, path) == 0)
            return paths->map.members[i].value;
    return value_set(paths, path, value_map());
}

static void add_operation(struct maker *m, const char *family, const char *name,
                          const struct value *route)
{
    char *path = xasprintf("%s%s", family, value_get_text(route, "path"));
    char *method = lower(value_get_text(route, "method"));
    char *id = operation_id(m, family, name);
    bool open = value_truth(value_get(route, "open"), false);
    struct value *operation = value_map();
    value_set(operation, "operationId", value_str(id));
    value_set(operation, "summary",
              value_str(value_get_text(route, "summary")));
    struct value *tags = value_list();
    value_add(tags, value_str(m->tag));
    value_set(operation, "tags", tags);
    value_set(operation, "parameters", parameters(m, route, path));
    set_request(operation, route);
    value_set(operation, "responses", responses(m, name, route, open));
    if (open && m->key)
        value_set(operation, "security", value_list());
    value_set(item_of(m->paths, path), method, operation);
    free(id);
    free(method);
    free(path);
}

static void add_table(struct maker *m, const char *tag,
                      const struct value *table)
{
    const struct value *families = value_get(table, "families");
    const struct value *routes = value_get(table, "routes");
    size_t n = families ? value_count(families) : 1;
    m->tag = tag;
    add_schemas(m, table);
    for (size_t f = 0; f < n; f++)
        for (size_t i = 0; i < value_count(routes); i++)
            add_operation(m, families ? value_text(value_at(families, f)) : "",
                          routes->map.members[i].key,
                          routes->map.members[i].value);
}

// --- the document

static struct value *about(void)
{
    struct value *v = value_map();
    value_set(v, "title", value_str("tarmac gateway"));
    value_set(v, "version", value_str(TARMAC_VERSION));
    value_set(v, "description",
              value_str("The reverse Runway format, as wide as the widest of "
                        "its pages (a profile narrows it), and Runway's own "
                        "API. Clips are rendered on this machine."));
    return v;
}

static struct value *servers(const char *host)
{
    char *url = xasprintf("http://%s", host);
    struct value *list = value_list(), *server = value_map();
    value_set(server, "url", value_str(url));
    value_add(list, server);
    free(url);
    return list;
}

static void ask_for_key(struct value *document, struct value *components)
{
    struct value *bearer =
        value_set_path(components, "securitySchemes." BEARER, value_map());
    value_set(bearer, "type", value_str("http"));
    value_set(bearer, "scheme", value_str("bearer"));
    struct value *any = value_list(), *one = value_map();
    value_set(one, BEARER, value_list());
    value_add(any, one);
    value_set(document, "security", any);
}

struct value *openapi_document(const struct wire *wire, const char *host,
                               bool key)
{
    struct value *v = value_map();
    value_set(v, "openapi", value_str("3.1.0"));
    value_set(v, "info", about());
    value_set(v, "servers", servers(host));
    struct maker m = {.service = wire_service(wire), .key = key};
    m.paths = value_set(v, "paths", value_map());
    struct value *components = value_set(v, "components", value_map());
    m.schemas = value_set(components, "schemas", value_map());
    add_table(&m, "reverse", wire_reverse(wire));
    add_table(&m, "official", wire_official(wire));
    add_table(&m, "service", m.service);
    if (key)
        ask_for_key(v, components);
    return v;
}

void openapi_answer(struct routes *r, const struct route *route,
                    struct net_call *call, const struct fault *fault)
{
    (void)route, (void)fault;
    answer_json(call, 200,
                openapi_document(r->wire, routes_host(r, call), r->key));
}
