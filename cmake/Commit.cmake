# Writes the header OUTPUT, which defines MAINSTREAM_COMMIT for the sources in SOURCE, unless it says so already. Run at
# every build: cmake -DSOURCE=.. -DOUTPUT=.. -P Commit.cmake
cmake_minimum_required(VERSION 3.25)
execute_process(
  COMMAND git -C "${SOURCE}" describe --always --dirty=-modified --exclude=* --abbrev=10
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown")  # not a git checkout
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT "#define MAINSTREAM_COMMIT \"${commit}\"\n" @ONLY)
