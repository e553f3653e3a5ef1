#include <algorithm>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/json_io.h"
#include "app/prompt/chat_context.h"
#include "templates/template.h"

namespace app::cli {

namespace {

using templates::Value;

Value valueOf(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_integer:
      return json.get<std::int64_t>();
    case Json::value_t::number_unsigned: {
      const auto number = json.get<std::uint64_t>();
      if (number <= INT64_MAX) return static_cast<std::int64_t>(number);
      return static_cast<double>(number);
    }
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
      return Value::user_text(json.get<std::string>());
    case Json::value_t::array: {
      Value list = Value::list();
      for (const Json& item : json) list.push_back(valueOf(item));
      return list;
    }
    case Json::value_t::object: {
      Value dict = Value::dict();
      for (const auto& [key, item] : json.items()) dict.set(key, valueOf(item));
      return dict;
    }
    default:
      return nullptr;
  }
}

templates::LocalTime clockOf(const Arguments& arguments) {
  const std::optional<std::string> now = arguments.find("--now");
  if (!now) return localTime(std::nullopt);
  templates::LocalTime time;
  int end = 0;
  const int read = std::sscanf(now->c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &time.year, &time.month, &time.day,
                               &time.hour, &time.minute, &time.second, &end);
  const bool inRange = time.year >= 1 && time.month >= 1 && time.month <= 12 && time.day >= 1 && time.day <= 31 &&
                       time.hour >= 0 && time.hour <= 23 && time.minute >= 0 && time.minute <= 59 && time.second >= 0 &&
                       time.second <= 59;
  if (read != 6 || static_cast<std::size_t>(end) != now->size() || !inRange) {
    throw UsageError("--now needs a moment like 2026-01-31T12:00:00, not '" + *now + "'");
  }
  return time;
}

/// The path of a case's template: absolute, or beside the file of cases, or one folder up.
std::filesystem::path templatePath(const std::filesystem::path& cases, const std::filesystem::path& name) {
  if (name.is_absolute()) return name;
  const std::filesystem::path folder = std::filesystem::absolute(cases).parent_path();
  if (std::filesystem::exists(folder / name)) return folder / name;
  return folder.parent_path() / name;
}

Json errorOf(std::string_view kind, const std::string& message, int line) {
  Json error = {{"kind", kind}, {"message", message}};
  error["line"] = line > 0 ? Json(line) : Json(nullptr);
  return error;
}

/// The field that the last message is to go on in; nothing where the case does not ask.
std::optional<std::string> continueField(const Json& one, const std::filesystem::path& file, const std::string& place) {
  const auto found = one.find("continue_final_message");
  if (found == one.end() || found->is_null() || *found == Json(false)) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (!found->is_boolean()) refuseJson(file, place + ".continue_final_message", "true, false or the name of a field");
  return "content";
}

Json renderCase(const Json& one, const std::filesystem::path& file, const std::string& place,
                const templates::RenderOptions& options) {
  if (!one.is_object()) refuseJson(file, place, "an object");
  const auto text = [&](const char* key) -> std::optional<std::string> {
    const auto found = one.find(key);
    if (found == one.end() || found->is_null()) return std::nullopt;
    if (!found->is_string()) refuseJson(file, place + "." + key, "text");
    return found->get<std::string>();
  };
  Json result = Json::object();
  result["name"] = text("name").value_or("");
  std::optional<std::string> source = text("template");
  if (!source) {
    const std::optional<std::string> name = text("template_file");
    if (!name) refuseJson(file, place, "an object with template or template_file");
    source = readFile(templatePath(file, *name));
  }
  const std::string mode = text("mode").value_or("render");
  if (mode != "render" && mode != "chat") refuseJson(file, place + ".mode", "render or chat");
  const auto context = one.find("context");
  if (context != one.end() && !context->is_object() && !context->is_null())
    refuseJson(file, place + ".context", "an object");
  const Value values = context != one.end() && context->is_object() ? valueOf(*context) : Value::dict();
  try {
    const auto compiled = templates::Template::compile(*source);
    result["output"] = mode == "chat"
                           ? applyChatTemplate(compiled, *source, values, continueField(one, file, place), options)
                           : compiled.render(values, options).text();
  } catch (const templates::TemplateError& error) {
    result["error"] = errorOf(templates::name_of(error.kind()), error.message(), error.line());
  } catch (const ChatStepError& error) {
    result["error"] = errorOf("chat", error.what(), 0);
  }
  return result;
}

}  // namespace

int runRender(Words words) {
  constexpr Option kOptions[] = {{"--cases"}, {"--template"}, {"--context"}, {"--now"}};
  const Arguments arguments(words, kOptions, 0);
  templates::RenderOptions options;
  options.now = clockOf(arguments);

  if (arguments.has("--cases") == arguments.has("--template"))
    throw UsageError("render needs either --cases or --template");
  if (const std::optional<std::string> cases = arguments.find("--cases")) {
    const Json list = readJson(*cases);
    if (!list.is_array()) refuseJson(*cases, "the file", "a list of cases");
    Json results = Json::array();
    for (std::size_t i = 0; i < list.size(); ++i) {
      results.push_back(renderCase(list[i], *cases, "case " + std::to_string(i), options));
    }
    printJson(results);
    return 0;
  }

  const std::filesystem::path file = arguments.require("--template");
  const std::filesystem::path contextFile = arguments.require("--context");
  const Json context = readJson(contextFile);
  if (!context.is_object()) refuseJson(contextFile, "the file", "an object");
  try {
    std::cout << templates::Template::compile(readFile(file)).render(valueOf(context), options).text();
  } catch (const templates::TemplateError& error) {
    const std::string place = error.line() > 0 ? ", line " + std::to_string(error.line()) : "";
    throw engine::Error(engine::ErrorCode::CorruptFile, file.string() + ": " + error.message() + place);
  }
  return 0;
}

}  // namespace app::cli
