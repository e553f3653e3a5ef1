# Writes a C++ source that holds the bytes of text files, as app::builtinTemplates() of app/prompt/builtin_templates.h.
#   cmake -DOUT=FILE.cpp "-DFILES=a.jinja;b.jinja" -P embed_texts.cmake
cmake_minimum_required(VERSION 3.25)
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
  get_filename_component(name "${file}" NAME)
  string(REGEX REPLACE "\\.[^.]*$" "" name "${name}")
  file(READ "${file}" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "((0x..,){24})" "\\1\n    " bytes "${bytes}")
  string(APPEND arrays "constexpr unsigned char kText${number}[] = {\n    ${bytes}0x00};\n")
  string(APPEND rows "    {\"${name}\", {reinterpret_cast<const char*>(kText${number}), sizeof kText${number} - 1}},\n")
  math(EXPR number "${number} + 1")
endforeach()
file(WRITE "${OUT}" "#include \"app/prompt/builtin_templates.h\"

#include <array>

namespace {

${arrays}
}  // namespace

namespace app {

std::span<const BuiltinTemplate> builtinTemplates() {
  static const std::array<BuiltinTemplate, ${number}> kTemplates = {{
${rows}  }};
  return kTemplates;
}

}  // namespace app
")
