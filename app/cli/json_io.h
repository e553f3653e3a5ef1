#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"

namespace app::cli {

/// Keys keep their order: it can be seen by templates and by people.
using Json = nlohmann::ordered_json;

/// Reads a whole file. Throws engine::Error(FileNotFound).
std::string readFile(const std::filesystem::path& path);

/// Reads and parses a JSON file that a person wrote. Throws engine::Error (FileNotFound, CorruptFile) naming the file
/// and the place; nesting beyond `kMaxJsonDepth` is refused.
Json readJson(const std::filesystem::path& path);
constexpr int kMaxJsonDepth = 1000;

/// Throws engine::Error(CorruptFile) "FILE: PLACE must be EXPECTED".
[[noreturn]] void refuseJson(const std::filesystem::path& file, const std::string& place, const std::string& expected);

/// One line on stdout; numbers read back to the same double, bytes that are not UTF-8 become U+FFFD.
void printJson(const Json& value);

/// Pushes out what was printed. Throws engine::Error where stdout took it not (a full disk).
void flushOutput();

}  // namespace app::cli
