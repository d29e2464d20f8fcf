# Dialects, included by this room's CMakeLists.txt.
set(DIALECT_SOURCES dialect.c dialect_account.c dialect_calls.c dialect_check.c dialect_fields.c dialect_lua.c)
unit(script test_dialect.c PkgConfig::script_pkg)
unit(script test_dialect_checks.c PkgConfig::script_pkg)
unit(script test_dialect_oom.c PkgConfig::script_pkg)
