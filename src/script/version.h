// Which libraries this room is made with.

#pragma once

const char *script_lua_version(void); // "5.4.4"
char *script_cjson_version(void);     // of lua-cjson: "2.1.0"; owned
