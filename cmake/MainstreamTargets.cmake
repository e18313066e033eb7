# The four kinds of target that this project has, all with the same flags:
#   mainstream_library(NAME SOURCES .. USES .. [PRIVATE ..])   the library mainstream_NAME
#   mainstream_test(NAME SOURCES .. USES ..)                    the test binary NAME_test, known to ctest as NAME
#   mainstream_benchmark(NAME SOURCES .. USES ..)               NAME_bench, where benchmarks are asked for
#   mainstream_program(NAME SOURCES .. USES ..)                 an executable in the build folder's bin/
# A first build takes half the time with CMAKE_UNITY_BUILD, where several sources of a target are compiled as one; so no
# two sources of a target may have helpers of the same name and arguments.
# USES are seen by whoever uses the target; PRIVATE ones stay inside it.

add_library(mainstream_flags INTERFACE)
target_compile_features(mainstream_flags INTERFACE cxx_std_20)
target_include_directories(mainstream_flags INTERFACE
  "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
target_compile_options(mainstream_flags INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(mainstream_flags INTERFACE -Wthread-safety)  # checks the marks of core/mutex.hpp
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC takes sources that another includes for headers, whose types must not use what is inside one source.
  target_compile_options(mainstream_flags INTERFACE -Wno-subobject-linkage)
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
  if(sanitizers OR NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "MAINSTREAM_FUZZERS needs clang, and MAINSTREAM_SANITIZE empty: it brings its own")
  endif()
  set(sanitizers -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
endif()
if(sanitizers)
  target_compile_options(mainstream_flags INTERFACE ${sanitizers})
  target_link_options(mainstream_flags INTERFACE ${sanitizers})
endif()

set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
find_package(Threads REQUIRED)

function(mainstream_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;PRIVATE" ${ARGN})
  add_library(mainstream_${name} STATIC ${arg_SOURCES})
  target_link_libraries(mainstream_${name} PUBLIC mainstream_flags ${arg_USES} PRIVATE ${arg_PRIVATE})
endfunction()

function(mainstream_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE mainstream_flags ${arg_USES})
endfunction()

# One binary per library, run in the source tree's root. What needs data that is not in
# the repository skips with a clear line where that is absent.
function(mainstream_test name)
  if(NOT MAINSTREAM_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE mainstream_flags ${arg_USES} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE MAINSTREAM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  mainstream_test_run(${name} ${name}_test)
endfunction()

# A run of a test binary, known to ctest as NAME; what follows ENVIRONMENT is set for it, too.
function(mainstream_test_run name program)
  if(NOT MAINSTREAM_TESTS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "ARGUMENTS;ENVIRONMENT" ${ARGN})
  add_test(NAME ${name} COMMAND ${program} ${arg_ARGUMENTS} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES TIMEOUT 600 ENVIRONMENT "GOMP_SPINCOUNT=5000;${arg_ENVIRONMENT}")
endfunction()

function(mainstream_benchmark name)
  if(NOT MAINSTREAM_BENCHMARKS)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;USES" ${ARGN})
  add_executable(${name}_bench ${arg_SOURCES})
  target_link_libraries(${name}_bench PRIVATE mainstream_flags ${arg_USES} benchmark::benchmark)
  target_compile_definitions(${name}_bench PRIVATE MAINSTREAM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
endfunction()
