# loadsim_add_test(<label>.<name> <program> [SHARDS <n>] [TIMEOUT <seconds>] [COST <n>]): the program as an entry of ctest. SHARDS: its
# tests run as n entries, <label>.<name>.<1..n>. COST: seconds that it takes; ctest begins with the largest.
function(loadsim_add_test name program)
  cmake_parse_arguments(arg "" "SHARDS;TIMEOUT;COST" "" ${ARGN})
  string(REGEX MATCH "^[^.]+" label ${name})
  set(properties LABELS ${label} TIMEOUT ${arg_TIMEOUT})
  if(arg_COST)
    list(APPEND properties COST ${arg_COST})
  endif()
  if(NOT arg_SHARDS)
    add_test(NAME ${name} COMMAND ${program})
    set_tests_properties(${name} PROPERTIES ${properties})
    return()
  endif()
  foreach(shard RANGE 1 ${arg_SHARDS})
    math(EXPR index "${shard} - 1")
    add_test(NAME ${name}.${shard} COMMAND ${program})
    set_tests_properties(${name}.${shard} PROPERTIES ${properties}
                                                     ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

# loadsim_unit_test(<module> [SHARDS <n>] [COST <n>] SOURCES <files...> [USES <modules or libraries...>]): one program a module. May
# include src/<module>.
function(loadsim_unit_test module)
  cmake_parse_arguments(arg "" "SHARDS;COST" "SOURCES;USES" ${ARGN})
  add_executable(${module}_test ${arg_SOURCES})
  target_include_directories(${module}_test PRIVATE ${PROJECT_SOURCE_DIR}/src/${module} ${PROJECT_SOURCE_DIR}/tests/unit)
  target_compile_definitions(${module}_test PRIVATE LOADSIM_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
                                                    LOADSIM_ROOT="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${module}_test PRIVATE loadsim::${module} ${arg_USES} GTest::gmock GTest::gtest_main
                                               loadsim_build_flags)
  loadsim_precompile(${module}_test unit_tests)
  loadsim_add_test(unit.${module} ${module}_test SHARDS ${arg_SHARDS} TIMEOUT 300 COST ${arg_COST})
endfunction()
