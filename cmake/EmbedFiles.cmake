# Writes OUTPUT, a source that has FILES as bytes, compressed by gzip (src/serve/dashboard.hpp tells the types):
#   cmake -DOUTPUT=files.cpp "-DFILES=a.js;b.css" -P EmbedFiles.cmake
find_program(GZIP gzip REQUIRED)
set(arrays "")
set(table "")
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME)
  execute_process(COMMAND "${GZIP}" -9 -n -c "${file}" OUTPUT_FILE "${OUTPUT}.gz" COMMAND_ERROR_IS_FATAL ANY)
  file(READ "${OUTPUT}.gz" bytes HEX)
  file(SHA256 "${OUTPUT}.gz" hash)
  string(SUBSTRING "${hash}" 0 16 tag)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(MAKE_C_IDENTIFIER "${name}" identifier)
  string(APPEND arrays "constexpr unsigned char ${identifier}[] = {${bytes}};\n")
  string(APPEND table "    {\"${name}\", \"\\\"${tag}\\\"\", ${identifier}},\n")
endforeach()
file(REMOVE "${OUTPUT}.gz")
file(WRITE "${OUTPUT}" "#include \"serve/dashboard.hpp\"

namespace mainstream {
namespace {

${arrays}
constexpr DashboardFile kFiles[] = {
${table}};

}  // namespace

std::span<const DashboardFile> dashboard_files() {
  return kFiles;
}

}  // namespace mainstream
")
