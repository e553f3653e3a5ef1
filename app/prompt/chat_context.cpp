#include "app/prompt/chat_context.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

#include "templates/characters.h"

namespace app {

namespace {

using templates::Value;

constexpr std::array<std::string_view, 3> kReasoningFields = {"reasoning_content", "thinking", "reasoning"};
/// Marks the end of the message that is to go on; the space tells whether the template trims what follows.
constexpr std::string_view kContinueTag = "CONTINUE_FINAL_MESSAGE_TAG ";

/// The value under `key`, or null where it is absent or none.
const Value* present(const Value& dict, std::string_view key) {
  const Value* value = dict.find(key);
  return value && !value->is_none() ? value : nullptr;
}

/// A dict with `first` in front of the entries of `rest`, which win.
Value withFirst(std::string key, const Value& first, const Value& rest) {
  Value result = Value::dict();
  result.set(std::move(key), first);
  for (const auto& entry : rest.dict_data().entries()) {
    if (entry.key.is_string()) result.set(entry.key.text(), entry.value);
  }
  return result;
}

Value withReasoning(const Value& message) {
  for (const std::string_view field : kReasoningFields) {
    const Value* thought = present(message, field);
    if (!thought) continue;
    const Value kept = *thought;
    Value result = withFirst("thinking", kept, message);
    result.set("reasoning_content", kept);
    return result;
  }
  return message;
}

/// The list with its last item replaced.
Value withLast(const Value& list, Value last) {
  Value result = Value::list();
  for (std::size_t i = 0; i + 1 < list.size(); ++i) result.push_back(list.at(i));
  result.push_back(std::move(last));
  return result;
}

Value tagged(const Value& text) {
  if (!text.is_string()) throw ChatStepError("The final message cannot be continued: its field is not text.");
  return Value::user_text(text.text() + std::string(kContinueTag));
}

std::string_view trimmedEnd(std::string_view text) {
  while (!text.empty()) {
    const std::size_t last = templates::character_before(text, text.size());
    if (!templates::is_space(templates::character_at(text, last).code)) break;
    text = text.substr(0, last);
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  text = trimmedEnd(text);
  while (!text.empty()) {
    const auto first = templates::character_at(text, 0);
    if (!templates::is_space(first.code)) break;
    text.remove_prefix(first.bytes);
  }
  return text;
}

/// Tags the field of the last message; returns the text that is to go on.
std::string tagLastMessage(Value& context, std::string_view source, const std::string& field) {
  const Value messages = *context.find("messages");
  if (messages.size() == 0) throw ChatStepError("The conversation is empty; there is no final message to continue.");
  Value last = messages.at(messages.size() - 1);
  const Value* found = present(last, field);
  if (!found) throw ChatStepError("The final message has no " + field + " to continue.");
  const Value final = *found;

  std::vector<std::string> fields = {field};
  if (std::find(kReasoningFields.begin(), kReasoningFields.end(), field) != kReasoningFields.end()) {
    // Every copy of the reasoning, since the template may use any of its names.
    fields.clear();
    for (const std::string_view name : kReasoningFields) {
      const Value* copy = present(last, name);
      if (copy && copy->is_string() && final.is_string() && copy->text() == final.text()) fields.emplace_back(name);
    }
  }
  if (std::none_of(fields.begin(), fields.end(),
                   [source](const std::string& name) { return source.find(name) != std::string_view::npos; })) {
    throw ChatStepError("The template does not mention " + field + ", so the final message cannot be continued.");
  }

  std::string text;
  if (final.is_sequence()) {
    Value parts = Value::list();
    std::size_t open = final.size();
    for (std::size_t i = 0; i < final.size(); ++i) {
      if (final.at(i).is_dict() && final.at(i).find("text")) open = i;
    }
    if (open == final.size()) throw ChatStepError("The final message has no part with text to continue.");
    for (std::size_t i = 0; i < final.size(); ++i) {
      Value part = final.at(i);
      if (i == open) {
        const Value before = *part.find("text");
        part.set("text", tagged(before));
        text = before.text();
      }
      parts.push_back(std::move(part));
    }
    last.set(field, std::move(parts));
  } else {
    for (const std::string& name : fields) last.set(name, tagged(final));
    text = final.text();
  }
  context.set("messages", withLast(messages, std::move(last)));
  return text;
}

std::string cutAtTag(const std::string& text, std::string_view final) {
  const std::string_view tag = trimmedEnd(kContinueTag);
  const std::size_t at = text.rfind(tag);
  if (at == std::string::npos || text.find(trimmed(final)) == std::string::npos) {
    throw ChatStepError("The final message does not appear in the rendered conversation.");
  }
  const std::string_view before = std::string_view(text).substr(0, at);
  return std::string(text.compare(at, kContinueTag.size(), kContinueTag) == 0 ? before : trimmedEnd(before));
}

}  // namespace

templates::LocalTime localTime(std::optional<std::int64_t> now) {
  const std::time_t moment = now ? static_cast<std::time_t>(*now) : std::time(nullptr);
  std::tm parts{};
  if (!localtime_r(&moment, &parts)) return {};
  return {parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
          parts.tm_hour,        parts.tm_min,     std::min(parts.tm_sec, 59)};
}

void completeChatContext(Value& context) {
  if (!context.find("tools")) context.set("tools", nullptr);
  if (!context.find("documents")) context.set("documents", nullptr);
  if (!context.find("add_generation_prompt")) context.set("add_generation_prompt", false);
  const Value* messages = context.find("messages");
  if (!messages || !messages->is_sequence()) throw ChatStepError("The conversation needs a list called messages.");
  Value completed = Value::list();
  for (std::size_t i = 0; i < messages->size(); ++i) {
    if (!messages->at(i).is_dict())
      throw ChatStepError("Message " + std::to_string(i) + " of the conversation is not an object.");
    completed.push_back(withReasoning(messages->at(i)));
  }
  context.set("messages", std::move(completed));
}

std::string applyChatTemplate(const templates::Template& compiled, std::string_view source, Value context,
                              const std::optional<std::string>& continueField,
                              const templates::RenderOptions& options) {
  completeChatContext(context);
  if (!continueField) return compiled.render(context, options).text();
  const std::string final = tagLastMessage(context, source, *continueField);
  return cutAtTag(compiled.render(context, options).text(), final);
}

}  // namespace app
