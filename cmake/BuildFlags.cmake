# loadsim_build_flags: warnings, sanitizers and definitions of all code of ours. Third-party headers are system headers, and
# third-party code is not built here.
add_library(loadsim_build_flags INTERFACE)
target_compile_options(loadsim_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False positives of optimised builds: "text" + std::string (GCC bug 105651, under three names), and strings in aggregates that a
  # default member initialiser makes. Clang, which has neither, finds the real ones.
  target_compile_options(loadsim_build_flags INTERFACE -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds
                                                           -Wno-maybe-uninitialized)
endif()
if(LOADSIM_UNITY AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Types of a .cpp, and classes with members of these: GCC takes the .cpp, which a unity file includes, for a header.
  target_compile_options(loadsim_build_flags INTERFACE -Wno-subobject-linkage)
endif()
if(LOADSIM_WERROR)
  target_compile_options(loadsim_build_flags INTERFACE -Werror)
endif()
if(LOADSIM_SANITIZE)
  target_compile_options(loadsim_build_flags INTERFACE -fsanitize=${LOADSIM_SANITIZE} -fno-omit-frame-pointer
                                                       -fno-sanitize-recover=all)
  target_link_options(loadsim_build_flags INTERFACE -fsanitize=${LOADSIM_SANITIZE})
endif()
if(LOADSIM_FUZZERS)
  # Coverage counters in all code of ours; each fuzzer brings its own main (-fsanitize=fuzzer).
  target_compile_options(loadsim_build_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Asio and Beast are compiled once, here and in src/http/beast.cpp, and not in each file that includes them.
target_compile_definitions(loadsim_build_flags INTERFACE BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)
add_library(loadsim_asio STATIC ${PROJECT_SOURCE_DIR}/src/net/asio.cpp)
target_compile_definitions(loadsim_asio PRIVATE BOOST_ASIO_SEPARATE_COMPILATION)
target_link_libraries(loadsim_asio PUBLIC Boost::headers Threads::Threads)

# One precompiled header for all modules, one for all tests. GCC ignores a precompiled header (-Winvalid-pch) where a macro that it
# uses is defined differently; so every file of ours gets the definitions of the libraries in it, whether it links them or not.
set(loadsim_precompiled
    <algorithm> <array> <atomic> <charconv> <chrono> <cmath> <cstdint> <cstdio> <deque> <filesystem> <fstream> <functional> <future> <map>
    <memory> <mutex> <optional> <random> <set> <span> <sstream> <string> <string_view> <system_error> <thread> <unordered_map>
    <unordered_set> <utility> <variant> <vector> <boost/asio/bind_executor.hpp> <boost/asio/buffer.hpp> <boost/asio/io_context.hpp>
    <boost/asio/ip/tcp.hpp> <boost/asio/post.hpp> <boost/asio/steady_timer.hpp> <boost/asio/strand.hpp> <boost/json.hpp>
    <boost/system/result.hpp> <fmt/format.h>)
# Headers of the precompiled header refer to Asio's and fmt's own code in every file.
foreach(library Boost::json Boost::url spdlog::spdlog)
  target_compile_definitions(loadsim_build_flags INTERFACE $<TARGET_PROPERTY:${library},INTERFACE_COMPILE_DEFINITIONS>)
endforeach()
target_link_libraries(loadsim_build_flags INTERFACE loadsim_asio fmt::fmt)

# loadsim_precompile(<target> [<kind of tests>]): the target's files read the precompiled header of the modules, or one with
# GoogleMock for each kind of tests (they are compiled with other flags).
function(loadsim_precompile target)
  if(NOT LOADSIM_PCH)
    return()
  endif()
  set(owner loadsim_precompiled_header)
  set(headers ${loadsim_precompiled})
  set(libraries loadsim_build_flags Threads::Threads Boost::headers)
  if(ARGC GREATER 1)
    string(APPEND owner _of_${ARGV1})
    list(APPEND headers <gmock/gmock.h>)
    list(APPEND libraries GTest::gmock)
  endif()
  if(NOT TARGET ${owner})
    file(WRITE ${PROJECT_BINARY_DIR}/precompiled_header.cpp "")
    add_library(${owner} STATIC ${PROJECT_BINARY_DIR}/precompiled_header.cpp)
    target_link_libraries(${owner} PRIVATE ${libraries})
    target_precompile_headers(${owner} PRIVATE ${headers})
    if(NOT TARGET precompiled_headers)
      add_custom_target(precompiled_headers)
    endif()
    add_dependencies(precompiled_headers ${owner})
  endif()
  target_precompile_headers(${target} REUSE_FROM ${owner})
endfunction()
