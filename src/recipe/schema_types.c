#include "recipe/schema_types.h"

#include <string.h>

#define NAME SCHEMA_NAME
#define TEMPLATE SCHEMA_TEMPLATE
#define BELOW "'minLength':1,'pattern':'^[^/\\\\\\\\]'"
#define SCALAR "{'type':['string','number','boolean']}"

static const char *of_key_type(enum key_type type)
{
    switch (type) {
    case KEY_TEXT:
        return "{'type':'string'}";
    case KEY_BOOL:
        return "{'type':'boolean'}";
    case KEY_COUNT:
        return "{'type':'integer','minimum':1,'maximum':10000}";
    case KEY_CREDITS:
        return "{'type':'number','minimum':0,'maximum':1e12}";
    case KEY_DURATION:
        return "{'type':['string','number'],'minimum':0,'maximum':31622400,"
               "'pattern':'^[0-9]{1,9}(\\\\.[0-9]{1,9})?(ms|s|m|h)$'}";
    case KEY_SIZE:
        return "{'type':['string','integer'],'minimum':16777216,"
               "'maximum':68719476736,"
               "'pattern':'^[0-9]{1,12} *([kK]|[mM]|[gG])[bB]$'}";
    case KEY_STEPS:
        return "{'type':'integer','minimum':1e6,'maximum':1e11}";
    case KEY_NUMBER:
        return "{'type':'number'}";
    case KEY_MAP:
        return "{'type':['object','null']}";
    case KEY_ANY:
        break;
    }
    return "{}";
}

// What a table's type does not say.
static const struct {
    const char *path, *json;
} special[] = {
    {"tarmac", "{'const':1}"},
    {"name", "{'type':'string'," NAME "}"},
    {"gateway", "{'type':'string','examples':['local']," NAME "}"},
    {"script", "{'type':'string'," BELOW "}"},
    {"route", "{'type':'string','examples':['generate','video2video',"
              "'act_two','image2video','text2video','character_performance']}"},
    {"include", "{'type':['string','array'],'minItems':1," BELOW
                ",'items':{'type':'string'," BELOW "}}"},
    {"params.*.type", "{'enum':['string','number','integer','boolean',"
                      "'choice','file']}"},
    {"params.*.default",
     "{'type':['string','number','boolean','null'],'not':{'type':'string'," //
     TEMPLATE "}}"},
    {"params.*.choices", "{'type':'array','minItems':1,'items':" SCALAR "}"},
    {"sweep.*.steps", "{'type':'integer','minimum':1,'maximum':100000}"},
    {"sweep.*.file", "{'type':'string'," BELOW "}"},
    {"sweep.exclude",
     "{'type':['string','array','null'],'items':{'type':'string'}}"},
    {"sweep.sample.count", "{'type':'integer','minimum':1}"},
    {"sweep.sample.seed", "{'type':'integer','minimum':0}"},
    {"sweep.takes", "{'type':['integer','null'],'minimum':1,'maximum':1000}"},
    {"outputs.dir", "{'type':'string'," BELOW "}"},
    {"outputs.name", "{'type':'string'," BELOW "}"},
    {"gateways.*.url", "{'type':'string','pattern':'^https?://[^/?#:@]'}"},
    {"gateways.*.dialect", "{'type':'string','examples':['reverse','official',"
                           "'mine.lua']}"},
    {"gateways.*.prefix", "{'type':'string','pattern':'^/.*[^/]$'}"},
    {"gateways.*.profile", "{'type':'string','examples':['comet','apifox',"
                           "'v1']," NAME "}"},
    {"gateways.*.identity", "{'type':'string'," NAME "}"},
    {"gateways.*.prices", "{'type':['object','null'],'additionalProperties':"
                          "{'type':'number','minimum':0,'maximum':1e12}}"},
    {"gateways.*.headers", "{'type':['object','null'],"
                           "'additionalProperties':{'type':'string'}}"},
    {"retry.count", "{'type':'integer','minimum':1,'maximum':10}"},
    {"keys.*.env", "{'type':'string'}"},
    {"keys.*.command", "{'type':'array','minItems':1,"
                       "'items':{'type':'string'}}"},
};

const char *schema_type(const char *path, enum key_type type)
{
    for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++) {
        if (strcmp(special[i].path, path) == 0)
            return special[i].json;
    }
    return of_key_type(type);
}
