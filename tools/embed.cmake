# cmake -DFROM=<folder> -DTO=<file.c> [-DKIND=lua|yaml|html|css|js -DSTRUCT=<name>
#       -DTABLE=<name> -DHEADER=<header> -DONLY=<file>] -P embed.cmake
# Turn every file of a kind below FROM, or only one, into C: a table of {name, text, len}
# that the header declares. Left out: Lua, the table of script/embedded.h.
cmake_minimum_required(VERSION 3.21)

if(NOT DEFINED KIND)
  set(KIND lua)
  set(STRUCT embedded)
  set(TABLE embedded_files)
  set(HEADER script/embedded.h)
endif()

# Names below FROM only: a ";" in its path would split the list.
file(GLOB_RECURSE files RELATIVE "${FROM}" "${FROM}/*.${KIND}")
if(DEFINED ONLY)
  set(files "${ONLY}")
else()
  list(REMOVE_ITEM files types.lua) # for editors
endif()
list(SORT files)

set(bytes "")
set(rows "")
set(n 0)
foreach(file IN LISTS files)
  string(REGEX REPLACE "\\.${KIND}$" "" name "${file}")
  if(NOT name MATCHES "^[A-Za-z0-9_/.-]+$")
    message(FATAL_ERROR "${file}: name it with letters, digits, _ and -")
  endif()
  file(READ "${FROM}/${file}" hex HEX)
  string(LENGTH "${hex}" length)
  math(EXPR length "${length} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," hex "${hex}")
  # Lines of a length that editors and diffs can bear.
  string(REGEX REPLACE
    "('[^']*','[^']*','[^']*','[^']*','[^']*','[^']*','[^']*','[^']*',)"
    "\\1\n    " hex "${hex}")
  string(APPEND bytes
    "static const char file_${n}[] = {\n    ${hex}'\\0'};\n\n")
  string(APPEND rows "    {\"${name}\", file_${n}, ${length}},\n")
  math(EXPR n "${n} + 1")
endforeach()

file(WRITE "${TO}" "// Made from the .${KIND} files by tools/embed.cmake.
#include \"${HEADER}\"

${bytes}const struct ${STRUCT} ${TABLE}[] = {
${rows}    {NULL, NULL, 0},
};
")
