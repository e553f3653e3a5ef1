#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace engine {

/// What kind of failure an Error is, so that callers can act on it without reading the sentence.
enum class ErrorCode {
  FileNotFound,      ///< the file or folder is not there or cannot be read
  CorruptFile,       ///< the file breaks its own format or contradicts itself
  UnsupportedModel,  ///< a sound file of a kind that this engine does not run
  OutOfMemory,       ///< the memory that the plan asks for cannot be had
  DeviceFailure,     ///< the compute device refused or failed
  ContextFull,       ///< the prompt does not fit the context length
  InvalidRequest,    ///< the caller asked for something that cannot be
};

/// The stable name of a code, as printed in logs and JSON ("CorruptFile").
std::string_view name_of(ErrorCode code);

/// The one exception that the engine throws for outside causes (files, requests, devices). `what()` is one sentence for
/// people: what was being done, what was expected, what was found and, where it helps, what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace engine
