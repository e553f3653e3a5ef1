#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <iostream>
#include <mutex>
#include <optional>
#include <string>

#include "app/cli/arguments.h"
#include "app/cli/commands.h"
#include "app/cli/json_io.h"
#include "app/cli/settings.h"
#include "app/prompt/prompt.h"
#include "engine/engine.h"

// The commands that write text: generate and chat.

namespace app::cli {

namespace {

/// What people should know but no script should read.
void remark(const Arguments& arguments, const std::string& sentence) {
  if (!arguments.quiet()) std::cerr << "sotto-cli: " << sentence << '\n';
}

/// Loads the model with a line of progress on a terminal. Null when Ctrl-C stopped it.
std::unique_ptr<engine::Engine> load(const Arguments& arguments, Interrupt& interrupt) {
  const bool showProgress = !arguments.quiet() && isatty(STDERR_FILENO) != 0;
  std::atomic<bool> stopped = false;
  const Interrupt::Scope scope(interrupt, [&stopped] { stopped = true; });
  auto engine = engine::Engine::load(arguments.model(), arguments.engineOptions(), [&](double share) {
    if (showProgress) std::cerr << "\rloading " << static_cast<int>(share * 100) << " %" << std::flush;
    return !stopped.load();
  });
  if (showProgress) std::cerr << "\r\033[K" << std::flush;
  if (engine && engine->info().larger_than_memory) {
    remark(arguments, "the model needs " + std::to_string(engine->info().memory_bytes) + " bytes and " +
                          std::to_string(engine->info().memory_available) +
                          " are free: what it needs is read from the disk again and again, which is slow");
  }
  return engine;
}

/// Waits for a reply while its tokens go to `onToken` on the engine thread; Ctrl-C cancels it.
engine::GenerationResult runToEnd(engine::Engine& engine, engine::GenerationRequest request, Interrupt& interrupt,
                                  engine::TokenCallback onToken) {
  std::mutex mutex;
  std::condition_variable ended;
  std::optional<engine::GenerationResult> result;
  std::optional<engine::RequestId> id;  // guarded by mutex
  bool stopped = false;                 // likewise
  // Before the request is made: its first token may be seen, and answered by Ctrl-C, before submit() has returned.
  const Interrupt::Scope scope(interrupt, [&] {
    const std::lock_guard lock(mutex);
    stopped = true;
    if (id) engine.cancel(*id);
  });
  const engine::RequestId made =
      engine.submit(std::move(request), std::move(onToken), [&](const engine::GenerationResult& finished) {
        const std::lock_guard lock(mutex);
        result = finished;
        ended.notify_one();
      });
  std::unique_lock lock(mutex);
  id = made;
  if (stopped) engine.cancel(made);
  ended.wait(lock, [&result] { return result.has_value(); });
  return *result;
}

/// Waits until a session's file was read or written, which `ask` begins.
engine::SessionFileResult waitForFile(const std::function<void(engine::SessionFileCallback)>& ask) {
  std::promise<engine::SessionFileResult> promise;
  ask([&promise](const engine::SessionFileResult& result) { promise.set_value(result); });
  return promise.get_future().get();
}

Prompt render(const Arguments& arguments, const engine::ModelInfo& info, const ChatTemplate& chatTemplate,
              const std::vector<PromptMessage>& messages) {
  Prompt prompt = makePrompt(chatTemplate, info, messages);
  for (const std::size_t index : prompt.omitted) {
    remark(arguments,
           "the chat template leaves out message " + std::to_string(index) + " (" + messages[index].role + ")");
  }
  return prompt;
}

std::vector<PromptMessage> readMessages(const std::filesystem::path& file) {
  const Json list = readJson(file);
  if (!list.is_array()) refuseJson(file, "the file", "a list of messages");
  std::vector<PromptMessage> messages;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Json& item = list[i];
    const bool sound = item.is_object() && item.contains("role") && item["role"].is_string() &&
                       item.contains("content") && item["content"].is_string();
    if (!sound) refuseJson(file, "message " + std::to_string(i), "an object with role and content, both text");
    messages.push_back({item["role"].get<std::string>(), item["content"].get<std::string>(), {}});
  }
  return messages;
}

ChatTemplate visibleTemplate(const Arguments& arguments, const engine::ModelInfo& info) {
  ChatTemplate chosen = chooseTemplate(info);
  if (chosen.builtIn) {
    const std::string why = chosen.problem.empty() ? "The model brings no chat template." : chosen.problem;
    remark(arguments, why + " Using the " + chosen.name + ".");
  }
  return chosen;
}

/// The reply as lines of JSON. Held-back text belongs to the last token that has text, so the newest line waits for the
/// next one, and one more beside an end token, which has none.
class JsonLines {
 public:
  void add(const engine::TokenEvent& event, bool wantsAlternatives) {
    Json line = {{"id", event.id}, {"text", event.text}, {"logprob", event.logprob}};
    if (wantsAlternatives) {
      Json alternatives = Json::array();
      for (const engine::TokenAlternative& other : event.alternatives) {
        alternatives.push_back({{"id", other.id}, {"text", other.text}, {"logprob", other.logprob}});
      }
      line["alternatives"] = std::move(alternatives);
    }
    waiting_.push_back(std::move(line));
    if (waiting_.size() > 2) print();
  }
  void finish(const engine::GenerationResult& result, bool endedByToken) {
    if (!result.tail_text.empty() && !waiting_.empty()) {
      Json& last = endedByToken && waiting_.size() > 1 ? waiting_[waiting_.size() - 2] : waiting_.back();
      last["text"] = last["text"].get<std::string>() + result.tail_text;
    }
    while (!waiting_.empty()) print();
    Json line = {{"finish_reason", engine::name_of(result.finish_reason)},
                 {"prompt_tokens", result.prompt_tokens},
                 {"cached_tokens", result.cached_tokens},
                 {"completion_tokens", result.completion_tokens},
                 {"time_to_first_token_s", result.time_to_first_token_s},
                 {"decode_tok_s", result.decode_tok_s},
                 {"seed", result.seed}};
    if (!result.error.empty()) line["error"] = result.error;
    printJson(line);
    flushOutput();
  }

 private:
  void print() {
    printJson(waiting_.front());
    std::cout.flush();
    waiting_.pop_front();
  }
  std::deque<Json> waiting_;
};

/// Streams a reply as text; of a chat reply one leading space, which ERNIE begins with, is not shown.
class TextOutput {
 public:
  explicit TextOutput(bool stripsSpace) : stripsSpace_(stripsSpace) {}
  void add(std::string_view text) {
    if (text.empty()) return;
    if (stripsSpace_ && text.front() == ' ') text.remove_prefix(1);
    stripsSpace_ = false;
    std::cout << text << std::flush;
  }

 private:
  bool stripsSpace_;
};

int statusOf(const engine::GenerationResult& result) {
  if (result.finish_reason == engine::FinishReason::Cancelled) return kInterruptedStatus;
  return result.finish_reason == engine::FinishReason::Error ? 1 : 0;
}

}  // namespace

int runGenerate(Words words, Interrupt& interrupt) {
  constexpr Option kOptions[] = {{"--messages"}, {"--prompt"}, {"--raw"}, {"--ids"}, {"--settings"}, {"--json", false},
                                {"--session"}};
  const Arguments arguments(words, kOptions);
  int inputs = 0;
  for (const char* input : {"--messages", "--prompt", "--raw", "--ids"}) inputs += arguments.has(input) ? 1 : 0;
  if (inputs != 1) throw UsageError("generate needs one of --messages, --prompt, --raw and --ids");

  // All that can be wrong with the words and small files is found before a model is loaded.
  const std::filesystem::path model = arguments.model();
  static_cast<void>(arguments.engineOptions());
  std::vector<PromptMessage> messages;
  engine::GenerationRequest request;
  if (const auto file = arguments.find("--messages")) messages = readMessages(*file);
  if (const auto text = arguments.find("--prompt")) messages = {{"user", *text, {}}};
  if (const auto text = arguments.find("--raw")) request.prompt = {{*text, false, {}}};
  if (arguments.has("--ids")) {
    const auto ids = arguments.integers("--ids", 0, std::numeric_limits<std::int32_t>::max());
    request.prompt = {{"", false, std::vector<std::int32_t>(ids.begin(), ids.end())}};
  }
  const auto settings = arguments.find("--settings");
  if (settings) applySettings(*settings, request);

  const std::unique_ptr<engine::Engine> engine = load(arguments, interrupt);
  if (!engine) return kInterruptedStatus;
  request.sampling = engine->info().default_sampling;
  if (settings) applySettings(*settings, request);
  const bool isChat = request.prompt.empty();
  if (isChat)
    request.prompt = render(arguments, engine->info(), visibleTemplate(arguments, engine->info()), messages).pieces;

  constexpr std::uint64_t kSession = 1;
  const auto sessionFile = arguments.find("--session");
  if (sessionFile) {
    request.session = kSession;
    if (std::filesystem::exists(*sessionFile)) {
      const auto thawed = waitForFile([&](auto onFinish) { engine->thaw(kSession, *sessionFile, std::move(onFinish)); });
      if (!thawed.done) remark(arguments, thawed.reason);
    }
  }

  const bool asJson = arguments.has("--json");
  const bool wantsAlternatives = request.logprobs > 0;
  const std::vector<std::int32_t> endIds = request.eos_token_ids.value_or(engine->info().eos_token_ids);
  JsonLines lines;
  TextOutput text(isChat);
  const engine::GenerationResult result =
      runToEnd(*engine, std::move(request), interrupt, [&](const engine::TokenEvent& event) {
        if (asJson) {
          lines.add(event, wantsAlternatives);
        } else {
          text.add(event.text);
        }
      });
  if (asJson) {
    const bool endedByToken =
        !result.ids.empty() && std::find(endIds.begin(), endIds.end(), result.ids.back()) != endIds.end();
    lines.finish(result, endedByToken);
  } else {
    text.add(result.tail_text);
    if (!result.ids.empty()) std::cout << '\n';
  }
  if (result.finish_reason == engine::FinishReason::Error)
    std::cerr << "sotto-cli: " << model.string() << ": " << result.error << '\n';
  if (result.finish_reason == engine::FinishReason::Length && !result.error.empty()) remark(arguments, result.error);
  const int status = statusOf(result);
  if (sessionFile && status == 0) {
    const auto frozen = waitForFile([&](auto onFinish) { engine->freeze(kSession, *sessionFile, 0, std::move(onFinish)); });
    if (!frozen.done) throw engine::Error(engine::ErrorCode::FileNotFound, frozen.reason);
  }
  return status;
}

int runChat(Words words, Interrupt& interrupt) {
  constexpr Option kOptions[] = {{"--settings"}};
  const Arguments arguments(words, kOptions);
  engine::GenerationRequest settings;
  if (const auto file = arguments.find("--settings")) applySettings(*file, settings);
  const std::unique_ptr<engine::Engine> engine = load(arguments, interrupt);
  if (!engine) return kInterruptedStatus;
  settings.sampling = engine->info().default_sampling;
  if (const auto file = arguments.find("--settings")) applySettings(*file, settings);
  settings.session = 1;

  const ChatTemplate chatTemplate = visibleTemplate(arguments, engine->info());
  const bool onTerminal = isatty(STDIN_FILENO) != 0;
  std::vector<PromptMessage> messages;
  for (;;) {
    if (onTerminal && !arguments.quiet()) std::cerr << "> " << std::flush;
    std::string line;
    if (!std::getline(std::cin, line)) break;
    if (line.empty()) continue;
    messages.push_back({"user", line, {}});
    engine::GenerationRequest request = settings;
    request.prompt = render(arguments, engine->info(), chatTemplate, messages).pieces;

    TextOutput text(true);
    std::string reply;
    const engine::GenerationResult result =
        runToEnd(*engine, std::move(request), interrupt, [&](const engine::TokenEvent& event) {
          reply += event.text;
          text.add(event.text);
        });
    text.add(result.tail_text);
    std::cout << '\n' << std::flush;
    flushOutput();
    reply += result.tail_text;
    if (result.finish_reason == engine::FinishReason::Error) {
      // The turn did not happen; the conversation can go on from where it was.
      std::cerr << "sotto-cli: " << result.error << '\n';
      messages.pop_back();
      if (!onTerminal) return 1;
      continue;
    }
    if (!result.error.empty()) remark(arguments, result.error);
    // A stop string cuts the text but not the ids, which then would say more than was shown.
    messages.push_back({"assistant", reply, settings.stop.empty() ? result.ids : std::vector<std::int32_t>()});
  }
  if (onTerminal && !arguments.quiet()) std::cerr << '\n';
  return 0;
}

}  // namespace app::cli
