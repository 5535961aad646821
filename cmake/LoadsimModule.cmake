# loadsim_module(<name> [COLD [HOT <files...>]] SOURCES <files...> [USES <modules...>] [PUBLIC <libraries...>] [PRIVATE <libraries...>])
# One static library for each module. USES: modules linked directly; the table in ARCHITECTURE.md lists the allowed includes. COLD:
# code whose speed does not limit a load, but for the files after HOT; Release compiles it with -O1, which takes two thirds of the time.
# With LOADSIM_UNITY the files after HOT are compiled by themselves.
function(loadsim_module name)
  cmake_parse_arguments(arg "COLD" "" "HOT;SOURCES;USES;PUBLIC;PRIVATE" ${ARGN})
  add_library(loadsim_${name} STATIC ${arg_SOURCES} ${arg_HOT})
  add_library(loadsim::${name} ALIAS loadsim_${name})
  target_include_directories(loadsim_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  list(TRANSFORM arg_USES PREPEND loadsim::)
  target_link_libraries(loadsim_${name} PUBLIC ${arg_USES} ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} loadsim_build_flags)
  if(arg_COLD)
    target_compile_options(loadsim_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
    if(arg_HOT)
      set_source_files_properties(${arg_HOT} PROPERTIES COMPILE_OPTIONS $<$<CONFIG:Release>:-O3>)
    endif()
  endif()
  loadsim_precompile(loadsim_${name})
endfunction()
