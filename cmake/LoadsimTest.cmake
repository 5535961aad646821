# loadsim_unit_test(<module> SOURCES <files...> [USES <modules or libraries...>]): one program a module. May include src/<module>.
function(loadsim_unit_test module)
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  add_executable(${module}_test ${arg_SOURCES})
  target_include_directories(${module}_test PRIVATE ${PROJECT_SOURCE_DIR}/src/${module} ${PROJECT_SOURCE_DIR}/tests/unit)
  target_compile_definitions(${module}_test PRIVATE LOADSIM_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/data"
                                                    LOADSIM_ROOT="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${module}_test PRIVATE loadsim::${module} ${arg_USES} GTest::gmock GTest::gtest_main
                                               loadsim_build_flags)
  loadsim_precompile(${module}_test unit_tests)
  add_test(NAME unit.${module} COMMAND ${module}_test)
  set_tests_properties(unit.${module} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()
