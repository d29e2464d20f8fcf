// Which libraries this room reads through.

#pragma once

const char *data_yaml_version(void); // of libyaml: "0.2.5"
const char *data_json_version(void); // of jansson: "2.14"
