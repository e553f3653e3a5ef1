#include "tests/templates/cases.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <stdexcept>

using templates::Template;
using templates::TemplateError;
using templates::Value;

Value to_value(const OrderedJson& json) {
  switch (json.type()) {
    case OrderedJson::value_t::boolean:
      return json.get<bool>();
    case OrderedJson::value_t::number_integer:
    case OrderedJson::value_t::number_unsigned:
      return json.get<std::int64_t>();
    case OrderedJson::value_t::number_float:
      return json.get<double>();
    case OrderedJson::value_t::string:
      return Value::user_text(json.get<std::string>());
    case OrderedJson::value_t::array: {
      Value list = Value::list();
      for (const OrderedJson& item : json) list.push_back(to_value(item));
      return list;
    }
    case OrderedJson::value_t::object: {
      Value dict = Value::dict();
      for (const auto& [key, item] : json.items()) dict.set(key, to_value(item));
      return dict;
    }
    default:
      return {};
  }
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

OrderedJson read_json(const std::filesystem::path& file) {
  return OrderedJson::parse(read_text(file));
}

templates::RenderOptions case_options() {
  templates::RenderOptions options;
  options.now = {2025, 3, 9, 14, 5, 7};
  return options;
}

Outcome render(const std::string& source, const OrderedJson& context) {
  Outcome outcome;
  try {
    outcome.text = Template::compile(source).render(to_value(context), case_options());
  } catch (const TemplateError& error) {
    outcome.kind = std::string(name_of(error.kind()));
    outcome.message = error.message();
    outcome.line = error.line();
  }
  return outcome;
}

namespace {

constexpr std::array<const char*, 3> kReasoningFields = {"reasoning_content", "thinking", "reasoning"};
constexpr std::string_view kContinueTag = "CONTINUE_FINAL_MESSAGE_TAG ";

struct ChatStepError {};

std::string strip(const std::string& text, bool left = true) {
  constexpr const char* kSpaces = " \t\n\r\f\v";
  const std::size_t begin = left ? text.find_first_not_of(kSpaces) : 0;
  if (begin == std::string::npos) return "";
  const std::size_t end = text.find_last_not_of(kSpaces);
  return end == std::string::npos ? "" : text.substr(begin, end + 1 - begin);
}

// A thought is given under both names that templates know.
OrderedJson with_thoughts(const OrderedJson& message) {
  OrderedJson thought;
  for (const char* field : kReasoningFields) {
    if (thought.is_null() && message.contains(field)) thought = message[field];
  }
  if (thought.is_null()) return message;
  OrderedJson out = OrderedJson::object();
  out["thinking"] = thought;
  for (const auto& [key, value] : message.items()) out[key] = value;
  out["reasoning_content"] = thought;
  return out;
}

// Marks the end of the final message; gives the text it had.
std::string mark_final(OrderedJson& message, const std::string& field, const std::string& source) {
  if (!message.contains(field) || message[field].is_null()) throw ChatStepError();
  const OrderedJson final = message[field];
  std::vector<std::string> fields = {field};
  if (std::find(kReasoningFields.begin(), kReasoningFields.end(), field) != kReasoningFields.end()) {
    fields.clear();
    for (const char* name : kReasoningFields) {
      if (message.contains(name) && message[name] == final) fields.emplace_back(name);
    }
  }
  const auto mentioned = [&](const std::string& name) { return source.find(name) != std::string::npos; };
  if (std::none_of(fields.begin(), fields.end(), mentioned)) throw ChatStepError();
  if (final.is_array()) {
    for (auto part = message[field].rbegin(); part != message[field].rend(); ++part) {
      if (!part->contains("text")) continue;
      std::string text = (*part)["text"];
      (*part)["text"] = text + std::string(kContinueTag);
      return text;
    }
    throw ChatStepError();
  }
  for (const std::string& name : fields) message[name] = message[name].get<std::string>() + std::string(kContinueTag);
  return final.get<std::string>();
}

templates::MarkedText cut_at_tag(const templates::MarkedText& marked, const std::string& final) {
  const std::string& text = marked.text();
  const std::string tag = strip(std::string(kContinueTag));
  const std::size_t at = text.rfind(tag);
  if (text.find(strip(final)) == std::string::npos || at == std::string::npos) throw ChatStepError();
  if (text.compare(at, kContinueTag.size(), kContinueTag) == 0) return marked.slice(0, at);
  return marked.slice(0, strip(text.substr(0, at), false).size());
}

}  // namespace

Outcome run_case(const OrderedJson& test, const std::filesystem::path& base) {
  const std::string source = test.contains("template") ? test["template"].get<std::string>()
                                                       : read_text(base / test["template_file"].get<std::string>());
  OrderedJson context = test.value("context", OrderedJson::object());
  if (test.value("mode", "render") != "chat") return render(source, context);
  for (const char* name : {"tools", "documents"}) {
    if (!context.contains(name)) context[name] = nullptr;
  }
  if (!context.contains("add_generation_prompt")) context["add_generation_prompt"] = false;
  for (OrderedJson& message : context["messages"]) message = with_thoughts(message);
  const OrderedJson keep_on = test.value("continue_final_message", OrderedJson(false));
  try {
    if (keep_on == false) return render(source, context);
    if (context["messages"].empty()) throw ChatStepError();
    const std::string field = keep_on.is_string() ? keep_on.get<std::string>() : "content";
    const std::string final = mark_final(context["messages"].back(), field, source);
    Outcome outcome = render(source, context);
    if (outcome.text) outcome.text = cut_at_tag(*outcome.text, final);
    return outcome;
  } catch (const ChatStepError&) {
    return {std::nullopt, "chat", "", 0};
  }
}

std::string difference(const OrderedJson& test, const Outcome& outcome) {
  const std::string got =
      outcome.text ? "text \"" + outcome.text->text() + "\""
                   : outcome.kind + " error in line " + std::to_string(outcome.line) + ": " + outcome.message;
  if (test.contains("expected")) {
    const std::string expected = test["expected"];
    if (outcome.text && outcome.text->text() == expected) return "";
    return "expected text \"" + expected + "\", got " + got;
  }
  const OrderedJson& error = test["error"];
  const std::string kind = error["kind"];
  bool same = !outcome.text && outcome.kind == kind;
  if (kind == "raise") same = same && outcome.message == error["message"].get<std::string>();
  if (kind == "syntax") same = same && (!error.contains("line") || outcome.line == error["line"].get<int>());
  const std::array<std::string_view, 3> kOneClass = {"undefined", "security", "runtime"};
  const auto in_class = [&](const std::string& word) {
    return std::find(kOneClass.begin(), kOneClass.end(), word) != kOneClass.end();
  };
  if (in_class(kind)) same = !outcome.text && in_class(outcome.kind);
  return same ? "" : "expected " + error.dump() + ", got " + got;
}

std::optional<std::filesystem::path> shared_cases() {
  const std::filesystem::path folder = std::filesystem::path(SOTTO_SHARED_DIR) / "fixtures/templates";
  if (!std::filesystem::exists(folder / "cases")) return std::nullopt;
  return folder;
}
