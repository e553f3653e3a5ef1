#include "engine/base/error.h"

namespace engine {

std::string_view name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::FileNotFound: return "FileNotFound";
    case ErrorCode::CorruptFile: return "CorruptFile";
    case ErrorCode::UnsupportedModel: return "UnsupportedModel";
    case ErrorCode::OutOfMemory: return "OutOfMemory";
    case ErrorCode::DeviceFailure: return "DeviceFailure";
    case ErrorCode::ContextFull: return "ContextFull";
    case ErrorCode::InvalidRequest: return "InvalidRequest";
  }
  return "Unknown";
}

}  // namespace engine
