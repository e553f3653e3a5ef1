#include "app/cli/json_io.h"

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <system_error>

namespace app::cli {

std::string readFile(const std::filesystem::path& path) {
  std::error_code failed;
  std::ifstream in(path, std::ios::binary);
  if (!in || std::filesystem::is_directory(path, failed)) {
    throw engine::Error(engine::ErrorCode::FileNotFound, path.string() + ": cannot be read; is the name right?");
  }
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (in.bad()) throw engine::Error(engine::ErrorCode::FileNotFound, path.string() + ": reading it failed.");
  return bytes;
}

Json readJson(const std::filesystem::path& path) {
  const std::string bytes = readFile(path);
  try {
    return Json::parse(bytes, [&path](int depth, Json::parse_event_t, Json&) {
      if (depth > kMaxJsonDepth) {
        throw engine::Error(engine::ErrorCode::CorruptFile,
                            path.string() + ": is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels.");
      }
      return true;
    });
  } catch (const nlohmann::json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: ..." without its number.
    std::string sentence = error.what();
    if (const std::size_t bracket = sentence.find("] "); sentence.starts_with('[') && bracket != std::string::npos) {
      sentence.erase(0, bracket + 2);
    }
    throw engine::Error(engine::ErrorCode::CorruptFile, path.string() + ": is not JSON: " + sentence);
  }
}

void refuseJson(const std::filesystem::path& file, const std::string& place, const std::string& expected) {
  throw engine::Error(engine::ErrorCode::CorruptFile, file.string() + ": " + place + " must be " + expected + ".");
}

void printJson(const Json& value) {
  std::cout << value.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

void flushOutput() {
  std::cout.flush();
  if (!std::cout)
    throw engine::Error(engine::ErrorCode::FileNotFound, "stdout: writing the result failed; is the disk full?");
}

}  // namespace app::cli
