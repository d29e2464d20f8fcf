# room(<name> SOURCES <files> NEEDS <rooms above> PKG <pkg-config modules>
#      HEADERS <foreign headers that only these rooms may include>)
# A room is one folder of src/, one static library, and one line of the order.
function(room name)
  cmake_parse_arguments(R "" "" "SOURCES;NEEDS;PKG;HEADERS" ${ARGN})
  add_library(${name} STATIC ${R_SOURCES})
  target_include_directories(${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${name} PUBLIC ${R_NEEDS})
  if(R_PKG)
    pkg_check_modules(${name}_pkg REQUIRED IMPORTED_TARGET ${R_PKG})
    target_link_libraries(${name} PRIVATE PkgConfig::${name}_pkg)
  endif()
  if(TARMAC_TESTS)
    add_test(NAME arch.room.${name}
      COMMAND ${CMAKE_COMMAND} -DROOM=${name} "-DNEEDS=${R_NEEDS}"
              "-DHEADERS=${R_HEADERS}" "-DSRC=${PROJECT_SOURCE_DIR}/src"
              -P "${PROJECT_SOURCE_DIR}/tests/arch/room.cmake")
  endif()
endfunction()

# unit(<room> <file> [extra rooms or pkg targets]): a cmocka program of
# tests/unit/<room>/. It links its room (and with it those above), which proves
# the order.
function(unit room file)
  if(NOT TARMAC_TESTS)
    return()
  endif()
  get_filename_component(base ${file} NAME_WE)
  set(target unit_${room}_${base})
  pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET GLOBAL cmocka)
  add_executable(${target} "${PROJECT_SOURCE_DIR}/tests/unit/${room}/${file}")
  target_link_libraries(${target} PRIVATE ${room} ${ARGN} PkgConfig::cmocka)
  target_compile_options(${target} PRIVATE -Wno-conversion -Wno-vla)
  # Those that fail each allocation in turn are a kind of their own.
  if(base MATCHES "oom")
    add_test(NAME oom.${room}.${base} COMMAND ${target})
  else()
    add_test(NAME unit.${room}.${base} COMMAND ${target})
  endif()
endfunction()
