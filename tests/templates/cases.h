#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "templates/template.h"

// The conformance cases of ../shared/fixtures/templates, and how one is run; see the README there.

using OrderedJson = nlohmann::ordered_json;

// JSON as a value of templates; texts are the caller's.
templates::Value to_value(const OrderedJson& json);

// What a rendering gave: a text, or an error.
struct Outcome {
  std::optional<templates::MarkedText> text;
  std::string kind;  // of the error
  std::string message;
  int line = 0;
};

OrderedJson read_json(const std::filesystem::path& file);
std::string read_text(const std::filesystem::path& file);

// The clock that every case sees.
templates::RenderOptions case_options();

// Compiles and renders with the context as it is.
Outcome render(const std::string& source, const OrderedJson& context);
// Runs a case in its mode; `template_file` is relative to `base`.
Outcome run_case(const OrderedJson& test, const std::filesystem::path& base);
// Empty where the outcome is the expected one, else what differs.
std::string difference(const OrderedJson& test, const Outcome& outcome);

// The folder of the shared cases, or nothing where it is not there.
std::optional<std::filesystem::path> shared_cases();
