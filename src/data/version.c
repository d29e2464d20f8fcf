#include "data/version.h"

#include <jansson.h>
#include <yaml.h>

const char *data_yaml_version(void)
{
    return yaml_get_version_string();
}

const char *data_json_version(void)
{
    return jansson_version_str();
}
