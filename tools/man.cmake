# cmake -DLOWDOWN=<program> -DFROM=<page.md> -DTO=<page.1> -DVERSION=<version>
#       -P man.cmake
# Make a man page of Markdown.
cmake_minimum_required(VERSION 3.21)

execute_process(
  COMMAND "${LOWDOWN}" -s -Tman --parse-no-intraemph --out-no-smarty
          --nroff-nolinks
          -m "source=tarmac ${VERSION}" "${FROM}"
  OUTPUT_VARIABLE page RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "lowdown: ${failed}")
endif()
# Terminals have no typewriter font, and bold is what manuals say literally.
string(REPLACE "\\fC" "\\fB" page "${page}")
# What is explained, and its explanation, as one paragraph.
string(REGEX REPLACE
  "\n\\.LP\n([^\n]*)\n\\.if n \\\\\n\\.sp -1v\n\\.if t \\\\\n\\.sp -0\\.25v\n\\.IP \"\" 5n\n"
  "\n.TP 5n\n\\1\n" page "${page}")
# A heading on one line, as apropos(1) reads it.
string(REGEX REPLACE "\n\\.(S[HS])\n([^\n]*)\n" "\n.\\1 \\2\n" page "${page}")
string(REGEX REPLACE "\n(\\.S[HS] [^\n]*)\n\\.LP\n" "\n\\1\n" page "${page}")
# Examples stand a little to the right.
string(REPLACE "\n.EX\n" "\n.RS 4n\n.EX\n" page "${page}")
string(REPLACE "\n.EE\n" "\n.EE\n.RE\n" page "${page}")
file(WRITE "${TO}" "${page}")
