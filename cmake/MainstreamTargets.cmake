# The four kinds of target that this project has, all with the same flags:
#   mainstream_library(NAME SOURCES .. USES .. [PRIVATE ..] [PRECOMPILE .. | PRECOMPILED_BY ..])    the library mainstream_NAME
#   mainstream_test(NAME SOURCES .. USES .. [PRECOMPILE ..] [SECONDS ..] [PARTS ..])    the test binary NAME_test, known to ctest
#     as NAME; the ones that take the most SECONDS are started first. One that mostly waits is run in PARTS side by side: NAME-1, ..
#   mainstream_benchmark(NAME SOURCES .. USES ..)               NAME_bench, where benchmarks are asked for
#   mainstream_program(NAME SOURCES .. USES ..)                 an executable in the build folder's bin/
# USES are seen by whoever uses the target; PRIVATE ones stay inside it.
# Headers that most sources include are precompiled once, in mainstream_core and core_test, and reused by all whose compiler
# flags are the same. PRECOMPILE names other headers, for a target with a large foreign one or with flags of its own;
# PRECOMPILED_BY a target with the same ones. The sanitizer presets and clang-tidy do without
# (CMAKE_DISABLE_PRECOMPILE_HEADERS), so they show what a source forgot to include.

add_library(mainstream_flags INTERFACE)
target_compile_features(mainstream_flags INTERFACE cxx_std_20)
target_include_directories(mainstream_flags INTERFACE
  "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
target_compile_options(mainstream_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(mainstream_flags INTERFACE -Wthread-safety)  # checks the marks of core/mutex.hpp
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees copies out of bounds in libstdc++'s strings where there are none (GCC bug 105651).
  target_compile_options(mainstream_flags INTERFACE
    -Wno-array-bounds -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
  # GCC collects garbage only beyond these KB. Collecting took up to a tenth of its time.
  target_compile_options(mainstream_flags INTERFACE --param=ggc-min-heapsize=300000)
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC takes sources that another includes for headers, whose types must not use what is inside one source.
  target_compile_options(mainstream_flags INTERFACE -Wno-subobject-linkage)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
  # Without it ccache cannot tell which precompiled headers a source was compiled with.
  target_compile_options(mainstream_flags INTERFACE -fpch-preprocess)
endif()
target_compile_definitions(mainstream_flags INTERFACE MAINSTREAM_VERSION="${PROJECT_VERSION}")

if(MAINSTREAM_SANITIZE STREQUAL "address")
  set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
elseif(MAINSTREAM_SANITIZE STREQUAL "thread")
  set(sanitizers -fsanitize=thread -fno-omit-frame-pointer)
elseif(MAINSTREAM_SANITIZE)
  message(FATAL_ERROR "MAINSTREAM_SANITIZE is '${MAINSTREAM_SANITIZE}'; it can be address, thread or empty")
endif()
if(MAINSTREAM_FUZZERS)
  if(NOT MAINSTREAM_SANITIZE STREQUAL "address" OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "MAINSTREAM_FUZZERS needs clang and MAINSTREAM_SANITIZE=address")
  endif()
  list(APPEND sanitizers -fsanitize=fuzzer-no-link)  # lets libFuzzer see which branches an input takes
endif()
if(sanitizers)
  target_compile_options(mainstream_flags INTERFACE ${sanitizers})
  target_link_options(mainstream_flags INTERFACE ${sanitizers})
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
find_package(Threads REQUIRED)

set(common_headers
  <algorithm> <array> <chrono> <cmath> <cstdint> <filesystem> <fstream> <functional> <map> <memory> <numeric> <optional> <set> <span>
  <stop_token> <string> <string_view> <thread> <utility> <variant> <vector> <fmt/format.h>)

# The headers of PRECOMPILE; without any, those of `owner`, which has the common ones and `more`.
function(mainstream_precompile target owner more precompile)
  if(precompile)
    target_precompile_headers(${target} PRIVATE ${precompile})
  elseif(target STREQUAL owner)
    target_precompile_headers(${target} PRIVATE ${common_headers} ${more})
  else()
    target_precompile_headers(${target} REUSE_FROM ${owner})
  endif()
endfunction()

# Installed ones (cmake/MainstreamInstall.cmake) need the public headers and C++20, but none of our flags.
function(mainstream_library name)
  cmake_parse_arguments(arg "" "PRECOMPILED_BY" "SOURCES;USES;PRIVATE;PRECOMPILE" ${ARGN})
  if(NOT arg_PRECOMPILED_BY)
    set(arg_PRECOMPILED_BY mainstream_core)
  endif()
  add_library(mainstream_${name} STATIC ${arg_SOURCES})
  set_target_properties(mainstream_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(mainstream_${name} PUBLIC cxx_std_20)
  target_include_directories(mainstream_${name} INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  target_link_libraries(mainstream_${name} PUBLIC "$<BUILD_INTERFACE:mainstream_flags>" ${arg_USES} PRIVATE ${arg_PRIVATE})
  mainstream_precompile(mainstream_${name} "${arg_PRECOMPILED_BY}" "" "${arg_PRECOMPILE}")
endfunction()

function(mainstream_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE mainstream_flags ${arg_USES})
  mainstream_precompile(${name} mainstream_core "" "")
endfunction()

# One binary per library, run in the source tree's root. What needs data that is not in
# the repository skips with a clear line where that is absent.
function(mainstream_test name)
  if(NOT MAINSTREAM_TESTS OR name IN_LIST MAINSTREAM_TESTS_LEFT_OUT)
    return()
  endif()
  cmake_parse_arguments(arg "" "SECONDS;PARTS" "SOURCES;USES;PRECOMPILE" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE mainstream_flags ${arg_USES} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE MAINSTREAM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(MAINSTREAM_SANITIZE STREQUAL "address")
    # These tests do little by themselves: optimising them took half of the time of compiling them.
    target_compile_options(${name}_test PRIVATE -O0)
  endif()
  mainstream_precompile(${name}_test core_test "<gmock/gmock.h>;<gtest/gtest.h>" "${arg_PRECOMPILE}")
  if(NOT arg_PARTS)
    mainstream_test_run(${name} ${name}_test SECONDS ${arg_SECONDS})
    return()
  endif()
  foreach(part RANGE 1 ${arg_PARTS})
    math(EXPR index "${part} - 1")
    mainstream_test_run(${name}-${part} ${name}_test SECONDS ${arg_SECONDS}
      ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_PARTS};GTEST_SHARD_INDEX=${index}")
  endforeach()
endfunction()

# A run of a test binary, known to ctest as NAME; what follows ENVIRONMENT is set for it, too.
function(mainstream_test_run name program)
  if(NOT MAINSTREAM_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "SECONDS" "ARGUMENTS;ENVIRONMENT" ${ARGN})
  add_test(NAME ${name} COMMAND ${program} ${arg_ARGUMENTS} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 ENVIRONMENT "GOMP_SPINCOUNT=5000;KMP_BLOCKTIME=0;${arg_ENVIRONMENT}")
  if(arg_SECONDS)
    set_tests_properties(${name} PROPERTIES COST ${arg_SECONDS})
  endif()
endfunction()

function(mainstream_benchmark name)
  if(NOT MAINSTREAM_BENCHMARKS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  add_executable(${name}_bench ${arg_SOURCES})
  target_link_libraries(${name}_bench PRIVATE mainstream_flags ${arg_USES} benchmark::benchmark)
  # The loops and the registry of benchmark.h are reported as dead stores and leaks.
  set_target_properties(${name}_bench PROPERTIES CXX_CLANG_TIDY "")
  target_compile_definitions(${name}_bench PRIVATE MAINSTREAM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endfunction()
