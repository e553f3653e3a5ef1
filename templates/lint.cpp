#include "templates/lint.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string_view>

#include "templates/ast_walk.h"
#include "templates/characters.h"
#include "templates/unified_diff.h"

namespace templates {

namespace {

constexpr std::chrono::milliseconds kPatience{1200};  // for all checks; one more rendering may begin within it
constexpr std::size_t kMaxWords = 96;                 // that are tried as a user's message
constexpr std::size_t kLongestWord = 120;             // bytes

struct Message {
  std::string role;
  std::string content;
};
using Conversation = std::vector<Message>;

// Words that no template knows, one for each place.
const std::string kSystem = "Quillon", kUser = "Vexandra", kReply = "Ombrelith", kSecond = "Tarnwick";

const Conversation kOneTurn = {{"user", kUser}};
const Conversation kTwoTurns = {{"user", kUser}, {"assistant", kReply}, {"user", kSecond}};

Conversation with_system(Conversation conversation) {
  conversation.insert(conversation.begin(), {"system", kSystem});
  return conversation;
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++found;
  return found;
}

std::string_view without_end_space(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

// The control tokens, <like this> or [gMASK], that a text begins with.
std::string leading_tokens(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && (text[end] == '<' || text[end] == '[')) {
    const std::size_t close = text.find(text[end] == '<' ? '>' : ']', end);
    if (close == std::string_view::npos || text.substr(end, close - end).find_first_of(" \n") != std::string_view::npos)
      break;
    end = close + 1;
  }
  return std::string(text.substr(0, end));
}

std::string what_the_template_wrote(const MarkedText& text) {
  std::string out;
  for (const Span& span : text.spans()) {
    if (span.from_template) out.append(text.text(), span.begin, span.end - span.begin);
  }
  return out;
}

// The characters of a text in the other order.
std::string backwards(std::string_view text) {
  std::string out;
  for (std::size_t end = text.size(); end > 0;) {
    const std::size_t begin = character_before(text, end);
    out += text.substr(begin, end - begin);
    end = begin;
  }
  return out;
}

class Lint {
 public:
  Lint(const Template& chat_template, const LintOptions& options)
      : template_(chat_template), options_(options), mentions_(mentions_of(chat_template.program())) {}

  std::vector<Finding> run() && {
    check_start();
    check_thoughts();
    check_roles();
    check_user_text();
    check_built_in();
    if (out_of_time_) {
      findings_.push_back({Finding::Kind::Incomplete, {}, "The template is too slow for all checks to be run.", 0});
    }
    return std::move(findings_);
  }

 private:
  // The rendering, or nothing where it fails, or where the time is over.
  std::optional<MarkedText> render(const Template& which, const Conversation& conversation, bool prompt) {
    if (std::chrono::steady_clock::now() - started_ > kPatience) out_of_time_ = true;
    if (out_of_time_) return std::nullopt;
    Value messages = Value::list();
    for (const Message& message : conversation) {
      Value value = Value::dict();
      value.set("role", Value::template_text(message.role));
      value.set("content", Value::user_text(message.content));
      messages.push_back(std::move(value));
    }
    Value context = Value::dict();
    context.set("messages", std::move(messages));
    context.set("tools", nullptr);
    context.set("documents", nullptr);
    context.set("add_generation_prompt", prompt);
    for (const auto& [name, text] : options_.named_tokens) context.set(name, Value::template_text(text));
    RenderOptions limits;
    limits.now = options_.now;
    limits.max_steps = 500'000;
    limits.max_output_bytes = std::size_t{1} << 20;
    limits.max_memory_bytes = std::size_t{16} << 20;
    limits.max_time = std::chrono::milliseconds(200);
    try {
      return which.render(context, limits);
    } catch (const TemplateError& error) {
      if (error.kind() == ErrorKind::Limit) out_of_time_ = true;
      return std::nullopt;
    }
  }
  std::string text_of(const Conversation& conversation, bool prompt = true) {
    const auto text = render(template_, conversation, prompt);
    return text ? text->text() : std::string();
  }

  int line_at(std::uint32_t offset) const {
    const std::string& source = template_.program().source;
    const std::size_t end = std::min<std::size_t>(offset, source.size());
    return 1 + static_cast<int>(std::count(source.begin(), source.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
  }
  // The line of the last text of the template that holds `part`, else that of the loop over the messages.
  int line_of(std::string_view part) const {
    const auto found = std::find_if(mentions_.texts.rbegin(), mentions_.texts.rend(),
                                    [part](const Mention& text) { return contains(text.text, part); });
    return found != mentions_.texts.rend() ? line_at(found->offset) : line_of_loop();
  }
  int line_of_loop() const { return mentions_.message_loop == 0 ? 0 : line_at(mentions_.message_loop); }

  // What a prompt has to begin with, each enough by itself; empty: nothing is known.
  std::vector<std::string> expected_starts() {
    std::vector<std::string> starts;
    for (const auto& [name, text] : options_.named_tokens) {
      if ((name == "bos_token" || name == "cls_token") && !text.empty()) starts.push_back(text);
    }
    if (!options_.built_in) return starts;
    const auto plain = render(*options_.built_in, kOneTurn, true);
    const auto with = render(*options_.built_in, with_system(kOneTurn), true);
    if (!plain || !with) return starts;
    const std::string a = leading_tokens(plain->text()), b = leading_tokens(with->text());
    const auto same = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
    // Of tokens that only resemble each other the part they share is none.
    const std::string start = leading_tokens(std::string_view(a).substr(0, same));
    // The family's own way is the rule; another name of the same token may stand for it.
    std::erase_if(starts, [&](const std::string& one) { return !start.starts_with(one); });
    if (!start.empty()) starts.insert(starts.begin(), start);
    return starts;
  }

  void check_start() {
    const std::vector<std::string> starts = expected_starts();
    const std::string text = text_of(kTwoTurns);
    if (text.empty() || starts.empty()) return;
    const bool begins =
        std::any_of(starts.begin(), starts.end(), [&](const std::string& start) { return text.starts_with(start); });
    if (!begins) {
      findings_.push_back({Finding::Kind::MissingStart, starts.front(),
                           "The prompt does not begin with " + starts.front() +
                               ", which the model expects first; nothing else adds it.",
                           line_of_beginning(text)});
    }
    for (const std::string& start : starts) {
      if (!contains(text, start + start)) continue;
      findings_.push_back({Finding::Kind::DoubleStart, start,
                           "The start token " + start + " stands twice in a row; the model has never seen that.",
                           line_of_second(start)});
      break;
    }
  }
  // Where the template writes what a rendering begins with.
  int line_of_beginning(std::string_view rendered) const {
    const auto written = std::find_if(mentions_.texts.begin(), mentions_.texts.end(), [&](const Mention& text) {
      return text.text.find_first_not_of(" \n") != std::string::npos && rendered.starts_with(text.text);
    });
    return written == mentions_.texts.end() ? line_of_loop() : line_at(written->offset);
  }
  // Where a token is written for the second time, by its text or by its variable.
  int line_of_second(const std::string& token) const {
    std::vector<std::uint32_t> places;
    for (const Mention& text : mentions_.texts) {
      if (!text.compared) places.insert(places.end(), count(text.text, token), text.offset);
    }
    for (const Mention& name : mentions_.names) {
      const auto named = std::find_if(options_.named_tokens.begin(), options_.named_tokens.end(),
                                      [&](const auto& one) { return one.first == name.text; });
      if (!name.compared && named != options_.named_tokens.end() && named->second == token)
        places.push_back(name.offset);
    }
    std::sort(places.begin(), places.end());
    return places.empty() ? 0 : line_at(places[std::min<std::size_t>(1, places.size() - 1)]);
  }

  void check_thoughts() {
    // Where the prompt itself opens the thought, the reply as it is stored begins inside it.
    const bool prompt_opens = without_end_space(text_of(kOneTurn)).ends_with("<think>");
    const std::string thought = std::string(prompt_opens ? "" : "<think>\n") + "Murmur.\n</think>\n\n" + kReply;
    const std::string text = text_of({{"user", kUser}, {"assistant", thought}, {"user", kSecond}}, false);
    std::string_view history = without_end_space(text);
    if (history.ends_with("<think>")) history.remove_suffix(7);  // the prompt's, which comes whether asked for or not
    const std::size_t opened = count(history, "<think>"), closed = count(history, "</think>");
    if (text.empty() || opened == closed) return;
    const std::string tag = opened > closed ? "<think>" : "</think>";
    findings_.push_back({Finding::Kind::UnclosedThought, tag,
                         opened > closed ? "The thought of an earlier reply is opened with <think> and never closed."
                                         : "The thought of an earlier reply is closed with </think> and never opened.",
                         line_of(tag)});
  }

  void check_roles() {
    const auto dropped = [this](const Conversation& conversation, const std::string& word) {
      const std::string text = text_of(conversation);
      return !text.empty() && !contains(text, word);
    };
    const auto report = [this](const std::string& role) {
      findings_.push_back({Finding::Kind::DroppedRole, role,
                           "Messages of the role \"" + role + "\" are left out without a word.", line_of_loop()});
    };
    if (dropped(with_system(kTwoTurns), kSystem)) {
      report("system");
    } else if (dropped({{"user", kUser}, {"assistant", kReply}, {"system", kSystem}, {"user", kSecond}}, kSystem)) {
      findings_.push_back({Finding::Kind::DroppedLaterSystem, "system",
                           "A system message that does not come first is left out without a word.", line_of_loop()});
    }
    if (dropped(kTwoTurns, kSecond)) report("user");
    if (dropped(kTwoTurns, kReply)) report("assistant");
    // The result of a tool; GLM-4 calls it an observation.
    const auto result = [](const std::string& role) {
      return Conversation{{"user", kUser}, {"assistant", kReply}, {role, "Galverine"}};
    };
    if (dropped(result("tool"), "Galverine") && dropped(result("observation"), "Galverine")) report("tool");
  }

  // The words that the template looks for, alone and two after each other.
  std::vector<std::pair<std::string, std::uint32_t>> words_looked_for() const {
    std::vector<std::pair<std::string, std::uint32_t>> words;
    std::set<std::string> known;
    const std::string* before = nullptr;
    for (const Mention& text : mentions_.texts) {
      const bool blank = text.text.find_first_not_of(" \t\r\n") == std::string::npos;
      if (!text.compared || blank || text.text.size() > kLongestWord) continue;
      if (known.insert(text.text).second) words.emplace_back(text.text, text.offset);
      // Marks around a message, as in "starts with ... and ends with ..."; single letters are none.
      const bool marks = before && before->size() > 1 && text.text.size() > 1;
      if (marks && known.insert(*before + "\n" + text.text).second)
        words.emplace_back(*before + "\n" + text.text, text.offset);
      before = &text.text;
    }
    if (words.size() > kMaxWords) words.resize(kMaxWords);
    return words;
  }

  // What the template itself writes around a first and a last message; nothing where it refuses them.
  std::optional<std::string> written_around(const std::string& first, const std::string& last) {
    const auto text = render(template_, {{"user", first}, {"assistant", kReply}, {"user", last}}, true);
    return text ? std::optional(what_the_template_wrote(*text)) : std::nullopt;
  }

  void check_user_text() {
    const auto usual = written_around(kUser, kSecond);
    if (!usual) return;
    std::vector<std::string> found;
    for (const auto& [word, offset] : words_looked_for()) {
      const bool known = std::any_of(found.begin(), found.end(),
                                     [&word = word](const std::string& part) { return contains(word, part); });
      for (const bool first : {true, false}) {
        if (known || out_of_time_) break;
        const auto around = [&](const std::string& text) {
          return first ? written_around(text, kSecond) : written_around(kUser, text);
        };
        const auto other = around(word);
        if (out_of_time_ || other == usual) continue;
        // A template that replaces letters writes as much for the same letters in another order.
        if (around(backwards(word)) == other) continue;
        findings_.push_back(
            {Finding::Kind::UserTextDecides, word,
             "What the template writes depends on the words of the user's message: it looks for \"" + word + "\".",
             line_at(offset)});
        found.push_back(word);
        break;
      }
    }
  }

  void check_built_in() {
    if (!options_.built_in) return;
    const Conversation thoughtful = {
        {"user", kUser}, {"assistant", "<think>\nMurmur.\n</think>\n\n" + kReply}, {"user", kSecond}};
    for (const Conversation& conversation :
         {kOneTurn, kTwoTurns, with_system(kOneTurn), with_system(kTwoTurns), thoughtful}) {
      for (const bool prompt : {true, false}) {
        const auto theirs = render(*options_.built_in, conversation, prompt);
        const auto own = render(template_, conversation, prompt);
        if (out_of_time_ || !theirs) return;
        if (own && own->text() == theirs->text()) continue;
        findings_.push_back({Finding::Kind::DiffersFromBuiltIn, options_.built_in_name,
                             "It renders other text than the built-in template " + options_.built_in_name + ".", 0,
                             unified_diff(theirs->text(), own ? own->text() : std::string(),
                                          "built-in " + options_.built_in_name, "this template")});
        return;
      }
    }
  }

  const Template& template_;
  const LintOptions& options_;
  const Mentions mentions_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  bool out_of_time_ = false;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> lint(const Template& chat_template, const LintOptions& options) {
  return Lint(chat_template, options).run();
}

}  // namespace templates
