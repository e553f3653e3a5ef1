#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "engine/types.h"

namespace app::cli {

/// The command line is wrong: exit status 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An option that a command knows.
struct Option {
  std::string_view name;  ///< with its dashes: "--ids"
  bool takesValue = true;
};

/// The words after a command's name, sorted into options and the rest.
class Arguments {
 public:
  /// `known` are the command's own options; those that every command has come on top. At most `maxPositional` words may
  /// stand alone. Throws UsageError for an unknown option, a missing value or a word too many.
  Arguments(std::span<const std::string> words, std::span<const Option> known, std::size_t maxPositional = 1);

  bool has(std::string_view option) const { return values_.contains(option); }
  std::optional<std::string> find(std::string_view option) const;
  /// Throws UsageError where it is missing.
  std::string require(std::string_view option) const;
  /// A whole number within the range. Throws UsageError.
  std::int64_t integer(std::string_view option, std::int64_t fallback, std::int64_t min, std::int64_t max) const;
  /// Numbers with commas between them. Throws UsageError.
  std::vector<std::int64_t> integers(std::string_view option, std::int64_t min, std::int64_t max) const;
  /// The word that names the model, as a path; "demo" is the embedded model. Throws UsageError where it is missing,
  /// engine::Error where the demo model is not installed.
  std::filesystem::path model() const;

  bool quiet() const { return has("--quiet"); }
  /// Of --device, --threads, --kv, --compute, --isa, --context and --deterministic. Throws UsageError.
  engine::EngineOptions engineOptions() const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
  std::vector<std::string> positional_;
};

}  // namespace app::cli
