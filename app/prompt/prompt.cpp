#include "app/prompt/prompt.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "app/prompt/builtin_templates.h"
#include "app/prompt/chat_context.h"
#include "engine/base/error.h"
#include "templates/template.h"

namespace app {

namespace {

using templates::MarkedText;
using templates::Value;

/// Which built-in template a model takes: the first row of its architecture whose word is in its name.
struct FamilyRow {
  std::string_view architecture;
  std::string_view word;  ///< in lower case; empty: any name
  std::string_view name;  ///< of the template
};

constexpr FamilyRow kFamilies[] = {
    {"ernie4_5", "", "ernie-4.5"},
    {"ernie4_5_moe", "thinking", "ernie-4.5-thinking"},
    {"ernie4_5_moe", "", "ernie-4.5"},
    {"glm4", "rumination", "glm-z1-rumination-32b-0414"},
    {"glm4", "z1", "glm-z1-0414"},
    {"glm4", "", "glm-4-0414"},
};

std::string lowerAscii(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

PromptError explained(const ChatTemplate& chatTemplate, const templates::TemplateError& error) {
  const auto line = static_cast<std::size_t>(std::max(error.line(), 0));
  if (error.kind() == templates::ErrorKind::Raise) {
    return {"The " + chatTemplate.name + " refuses this conversation: " + error.message(), line};
  }
  const std::string place = line > 0 ? " at line " + std::to_string(line) : "";
  return {"The " + chatTemplate.name + " failed" + place + ": " + error.message(), line};
}

/// The roles of this program are its own words: a template may build a control token from one ('<|' + role + '|>'). Any
/// other role came from outside and must not.
Value roleValue(const std::string& role) {
  for (const std::string_view known : {"system", "user", "assistant", "tool", "observation"}) {
    if (role == known) return Value::template_text(role);
  }
  return Value::user_text(role);
}

/// Renders the messages with `contents` in place of their own.
MarkedText render(const templates::Template& compiled, const engine::ModelInfo& model,
                  const std::vector<PromptMessage>& messages, const std::vector<std::string>& contents,
                  const PromptOptions& options) {
  Value list = Value::list();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    Value message = Value::dict();
    message.set("role", roleValue(messages[i].role));
    message.set("content", Value::user_text(contents[i]));
    list.push_back(std::move(message));
  }
  Value context = Value::dict();
  context.set("messages", std::move(list));
  context.set("add_generation_prompt", Value(options.addGenerationPrompt));
  for (const auto& [name, text] : model.named_tokens) context.set(name, Value::template_text(text));
  completeChatContext(context);
  templates::RenderOptions limits;
  limits.now = localTime(options.now);
  return compiled.render(context, limits);
}

/// Why a template cannot show even one message; empty: it can, or refuses it in words of its own.
std::string problemOf(const std::string& text, const engine::ModelInfo& model) {
  try {
    render(templates::Template::compile(text), model, {{"user", "Hi", {}}}, {"Hi"}, {});
    return {};
  } catch (const templates::TemplateError& error) {
    if (error.kind() == templates::ErrorKind::Raise) return {};
    return (error.line() > 0 ? "line " + std::to_string(error.line()) + ": " : std::string()) + error.message();
  }
}

void addText(std::vector<engine::PromptPiece>& pieces, std::string_view text, bool fromTemplate) {
  if (!text.empty()) pieces.push_back({std::string(text), fromTemplate, {}});
}

std::vector<engine::PromptPiece> piecesOf(const MarkedText& text) {
  std::vector<engine::PromptPiece> pieces;
  for (const templates::Span& span : text.spans()) {
    addText(pieces, std::string_view(text.text()).substr(span.begin, span.end - span.begin), span.from_template);
  }
  return pieces;
}

/// The ids of a reply without the end token, which the template writes (or, like GLM-4's, leaves to the next turn).
std::vector<std::int32_t> withoutEnd(std::vector<std::int32_t> ids, const std::vector<std::int32_t>& endIds) {
  if (!ids.empty() && std::find(endIds.begin(), endIds.end(), ids.back()) != endIds.end()) ids.pop_back();
  return ids;
}

/// Texts that stand in for the contents of messages: the number of the message between two frames. Private-use
/// characters survive trimming and splitting.
class StandIns {
 public:
  /// `text` is what must not hold them by chance.
  explicit StandIns(const std::string& text) {
    while (text.find(frame_) != std::string::npos) frame_ += "\uE001";
  }
  std::vector<std::string> of(const std::vector<PromptMessage>& messages) const {
    std::vector<std::string> marks;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      marks.push_back(messages[i].content.empty() ? std::string() : frame_ + std::to_string(i) + frame_);
    }
    return marks;
  }
  struct Found {
    std::size_t begin, end;  ///< of the stand-in
    std::size_t message;
  };
  /// The first whole one in `text`.
  std::optional<Found> next(std::string_view text) const {
    const std::size_t begin = text.find(frame_);
    if (begin == std::string_view::npos) return std::nullopt;
    const std::string_view rest = text.substr(begin + frame_.size());
    Found found{begin, 0, 0};
    const auto [digits_end, failed] = std::from_chars(rest.data(), rest.data() + rest.size(), found.message);
    const auto digits = static_cast<std::size_t>(digits_end - rest.data());
    if (failed != std::errc() || !rest.substr(digits).starts_with(frame_)) return std::nullopt;
    found.end = begin + frame_.size() + digits + frame_.size();
    return found;
  }

 private:
  std::string frame_ = "\uE000";
};

/// The pieces of `text`, with ids in place of the replies that the template copied unchanged. Tells which contents the
/// template shows, or nothing where it does not take stand-ins.
std::optional<std::vector<bool>> replaceReplies(const MarkedText& text, const MarkedText& marked,
                                                const StandIns& standIns, const std::vector<PromptMessage>& messages,
                                                const engine::ModelInfo& model,
                                                std::vector<engine::PromptPiece>& pieces) {
  std::vector<bool> shown(messages.size());
  std::vector<engine::PromptPiece> replaced;
  MarkedText restored;
  for (const templates::Span& span : marked.spans()) {
    std::string_view rest = std::string_view(marked.text()).substr(span.begin, span.end - span.begin);
    while (!rest.empty()) {
      std::optional<StandIns::Found> mark;
      if (!span.from_template) mark = standIns.next(rest);
      const std::string_view before = rest.substr(0, mark ? mark->begin : rest.size());
      addText(replaced, before, span.from_template);
      restored.append(before, span.from_template);
      if (!mark) break;
      if (mark->message >= messages.size()) return std::nullopt;
      const PromptMessage& message = messages[mark->message];
      shown[mark->message] = true;
      restored.append(message.content, false);
      std::vector<std::int32_t> ids = withoutEnd(message.ids, model.eos_token_ids);
      if (ids.empty()) {
        addText(replaced, message.content, false);
      } else {
        replaced.push_back({message.content, false, std::move(ids)});
      }
      rest.remove_prefix(mark->end);
    }
  }
  if (restored.text() == text.text() && restored.spans() == text.spans()) pieces = std::move(replaced);
  return shown;
}

}  // namespace

const BuiltinTemplate* familyTemplate(const engine::ModelInfo& model) {
  const std::string name = lowerAscii(model.name);
  for (const FamilyRow& row : kFamilies) {
    if (row.architecture != model.architecture || name.find(row.word) == std::string::npos) continue;
    for (const BuiltinTemplate& builtin : builtinTemplates()) {
      if (builtin.name == row.name) return &builtin;
    }
  }
  return nullptr;
}

ChatTemplate chooseTemplate(const engine::ModelInfo& model) {
  ChatTemplate own{model.chat_template, false, "chat template of " + model.name};
  std::string problem;
  if (!own.text.empty()) {
    problem = problemOf(own.text, model);
    if (problem.empty()) return own;
    problem = "The " + own.name + " is broken (" + problem + ").";
  }
  if (const BuiltinTemplate* builtin = familyTemplate(model)) {
    return {std::string(builtin->text), true, "built-in template " + std::string(builtin->name), problem};
  }
  if (problem.empty()) problem = "The model " + model.name + " brings no chat template.";
  throw engine::Error(engine::ErrorCode::UnsupportedModel, problem + " There is none built in for " +
                                                               model.architecture + "; it can continue plain text only.");
}

Prompt makePrompt(const ChatTemplate& chatTemplate, const engine::ModelInfo& model,
                  const std::vector<PromptMessage>& messages, const PromptOptions& options) {
  try {
    const auto compiled = templates::Template::compile(chatTemplate.text);
    std::vector<std::string> contents;
    for (const PromptMessage& message : messages) contents.push_back(message.content);
    const MarkedText text = render(compiled, model, messages, contents, options);
    Prompt prompt;
    prompt.pieces = piecesOf(text);

    // A second rendering with stand-ins shows where each content went. Only if putting the contents back gives the
    // first rendering byte by byte did the template copy them unchanged, and only then may ids stand for them.
    const StandIns standIns(text.text());
    MarkedText marked;
    try {
      marked = render(compiled, model, messages, standIns.of(messages), options);
    } catch (const templates::TemplateError&) {
      return prompt;  // a template that looks into the contents and refuses the stand-ins
    }
    if (const auto shown = replaceReplies(text, marked, standIns, messages, model, prompt.pieces)) {
      for (std::size_t i = 0; i < messages.size(); ++i) {
        if (!contents[i].empty() && !(*shown)[i]) prompt.omitted.push_back(i);
      }
    }
    return prompt;
  } catch (const templates::TemplateError& error) {
    throw explained(chatTemplate, error);
  }
}

}  // namespace app
