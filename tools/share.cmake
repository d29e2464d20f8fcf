# What is installed beside the programs: what editors, shells and man(1) read.
set(share "${PROJECT_BINARY_DIR}/share")
file(MAKE_DIRECTORY "${share}")

# Written by the program itself, so that they say what it does.
function(written file)
  add_custom_command(OUTPUT "${share}/${file}"
    COMMAND sh -c "to=$1; shift; \"$@\" >\"$to\"" sh "${share}/${file}"
            "$<TARGET_FILE:tarmac>" ${ARGN}
    DEPENDS tarmac COMMENT "Writing ${file}" VERBATIM)
  set(share_files ${share_files} "${share}/${file}" PARENT_SCOPE)
endfunction()
written(recipe.schema.json schema)
written(config.schema.json schema config)
written(tarmac.bash completions bash)
written(_tarmac completions zsh)
written(tarmac.fish completions fish)

find_program(TARMAC_LOWDOWN lowdown)
set(pages tarmac.1 tarmac-recipe.5 tarmac-lua.7 tarmac-dialect.7)
if(TARMAC_LOWDOWN)
  foreach(page IN LISTS pages)
    string(REGEX REPLACE "\\.[0-9]$" "" name "${page}")
    add_custom_command(OUTPUT "${share}/${page}"
      COMMAND "${CMAKE_COMMAND}" "-DLOWDOWN=${TARMAC_LOWDOWN}"
              "-DFROM=${PROJECT_SOURCE_DIR}/docs/man/${name}.md"
              "-DTO=${share}/${page}" "-DVERSION=${PROJECT_VERSION}"
              -P "${PROJECT_SOURCE_DIR}/tools/man.cmake"
      DEPENDS "${PROJECT_SOURCE_DIR}/docs/man/${name}.md"
              "${PROJECT_SOURCE_DIR}/tools/man.cmake"
      COMMENT "Writing ${page}" VERBATIM)
    list(APPEND share_files "${share}/${page}")
  endforeach()
  install(FILES "${share}/tarmac.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
  install(FILES "${share}/tarmac-recipe.5"
    DESTINATION "${CMAKE_INSTALL_MANDIR}/man5")
  install(FILES "${share}/tarmac-lua.7" "${share}/tarmac-dialect.7"
    DESTINATION "${CMAKE_INSTALL_MANDIR}/man7")
else()
  message(STATUS "lowdown not found: no man pages; docs/man has their text")
endif()
add_custom_target(share ALL DEPENDS ${share_files})

set(data "${CMAKE_INSTALL_DATADIR}")
install(FILES "${share}/recipe.schema.json" "${share}/config.schema.json"
  "${PROJECT_SOURCE_DIR}/lua/types.lua" DESTINATION "${data}/tarmac")
install(FILES "${share}/tarmac.bash" RENAME tarmac
  DESTINATION "${data}/bash-completion/completions")
install(FILES "${share}/_tarmac" DESTINATION "${data}/zsh/site-functions")
install(FILES "${share}/tarmac.fish"
  DESTINATION "${data}/fish/vendor_completions.d")
install(FILES README.md LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
install(DIRECTORY recipes DESTINATION "${CMAKE_INSTALL_DOCDIR}"
  PATTERN .tarmac EXCLUDE PATTERN out EXCLUDE)
