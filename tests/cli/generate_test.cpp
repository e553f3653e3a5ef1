#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/goldens.h"
#include "tests/cli/program.h"
#include "tests/support/fixtures.h"

namespace {

using nlohmann::json;
using tests::chat_model;
using tests::comma_separated;
using tests::golden_cases;
using tests::Ids;
using tests::Outcome;
using tests::run;
using tests::ScratchFolder;

TEST(Cli, GeneratesTheReferencesGreedyReplies) {
  const ScratchFolder scratch;
  const std::string settings = scratch.write(
      "settings.json", R"({"do_sample": false, "max_new_tokens": 32, "eos_token_id": [], "logprobs": 2})");
  for (const json& one : golden_cases("logits/ernie4_5-chat.json")) {
    const Outcome outcome = run({"generate", chat_model(), "--ids", comma_separated(one.at("ids")), "--settings",
                                 settings, "--json", "--compute", "f32"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    std::vector<json> lines = outcome.lines();
    const json end = lines.back();
    lines.pop_back();
    Ids ids;
    for (const json& line : lines) {
      ids.push_back(line.at("id"));
      EXPECT_EQ(line.at("alternatives").size(), 2U);
      EXPECT_EQ(line.at("alternatives").at(0).at("id"), ids.back());
    }
    EXPECT_EQ(ids, one.at("greedy").get<Ids>());
    EXPECT_EQ(end.at("finish_reason"), "length");
    EXPECT_EQ(end.at("completion_tokens"), 32);
    EXPECT_EQ(end.at("prompt_tokens"), one.at("ids").size());
    EXPECT_EQ(end.at("cached_tokens"), 0);
  }
}

TEST(Cli, HeldBackTextComesWithTheLastTokenThatHasText) {
  const ScratchFolder scratch;
  for (const json& one : golden_cases("sampling/generate.json")) {
    if (!one.contains("text_before_stop")) continue;
    const json& settings = one.at("settings");
    const std::string file = scratch.write("settings.json", json({{"do_sample", false},
                                                                  {"max_new_tokens", settings.at("max_new_tokens")},
                                                                  {"stop", settings.at("stop_strings")},
                                                                  {"eos_token_id", settings.at("eos_token_id")}})
                                                                .dump());
    const Outcome outcome = run({"generate", chat_model(), "--ids", comma_separated(one.at("ids")), "--settings", file,
                                 "--json", "--compute", "f32"});
    std::vector<json> lines = outcome.lines();
    EXPECT_EQ(lines.back().at("finish_reason"), "stop");
    lines.pop_back();
    Ids ids;
    std::string text;
    for (const json& line : lines) {
      ids.push_back(line.at("id"));
      text += line.at("text");
    }
    EXPECT_EQ(ids, one.at("sequences").at(0).get<Ids>());
    EXPECT_EQ(text, one.at("text_before_stop").get<std::string>());
  }
}

TEST(Cli, PromptsGoThroughTheModelsTemplate) {
  const ScratchFolder scratch;
  const std::string settings = scratch.write("settings.json", R"({"do_sample": false, "max_new_tokens": 4})");
  const std::string messages = scratch.write("messages.json", R"([{"role": "user", "content": "hello"}])");
  const Outcome by_prompt = run({"generate", chat_model(), "--prompt", "hello", "--settings", settings});
  const Outcome by_messages = run({"generate", chat_model(), "--messages", messages, "--settings", settings});
  const std::string ids = scratch.write(
      "text.json", R"([{"text": "<|begin_of_sentence|>User: hello\nAssistant: ", "parse_special": true}])");
  const json prompt = run({"tokenize", chat_model(), "--file", ids}).json();
  const Outcome by_ids = run({"generate", chat_model(), "--ids", comma_separated(prompt[0]), "--settings", settings});
  EXPECT_EQ(by_prompt.status, 0) << by_prompt.err;
  EXPECT_EQ(by_prompt.out, by_messages.out);
  EXPECT_EQ(by_prompt.out, by_ids.out.starts_with(' ') ? by_ids.out.substr(1) : by_ids.out);
}

TEST(Cli, ASessionFileSavesReadingAgain) {
  const ScratchFolder folder;
  const std::string session = folder.path() / "chat.kv";
  const auto settings = folder.write("s.json", R"({"temperature": 0, "max_new_tokens": 6, "eos_token_id": []})");
  Ids ids;
  for (int i = 0; i < 90; ++i) ids.push_back(20 + i * 7 % 1000);
  const auto generate = [&](const Ids& prompt, std::vector<std::string> more) {
    std::vector<std::string> words{"generate", chat_model(), "--ids", comma_separated(prompt), "--settings", settings, "--json"};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
  };
  const Outcome first = generate(ids, {"--session", session});
  EXPECT_EQ(first.status, 0) << first.err;
  EXPECT_EQ(first.lines().back().at("cached_tokens"), 0);
  Ids longer = ids;
  for (std::size_t i = 0; i < 6; ++i) longer.push_back(first.lines()[i].at("id"));
  longer.insert(longer.end(), {7, 8, 9});
  std::filesystem::copy_file(session, folder.path() / "copy.kv");

  const Outcome second = generate(longer, {"--session", session});
  EXPECT_EQ(second.status, 0) << second.err;
  EXPECT_EQ(second.err, "");
  EXPECT_EQ(second.lines().back().at("cached_tokens"), 95);  // the last id of a reply is never read

  // Not used where anything differs, in one sentence; the reply comes all the same.
  const Outcome other = generate(longer, {"--session", folder.path() / "copy.kv", "--kv", "f32"});
  EXPECT_EQ(other.status, 0);
  EXPECT_TRUE(other.complains_in_one_line()) << other.err;
  EXPECT_EQ(other.lines().back().at("cached_tokens"), 0);
  const auto letter = folder.write("letter.txt", "Dear Sir or Madam");
  const Outcome wrong = generate(ids, {"--session", letter, "--quiet"});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_TRUE(wrong.complains_in_one_line()) << wrong.err;
  EXPECT_EQ(tests::read_bytes(letter), "Dear Sir or Madam");
  EXPECT_EQ(wrong.lines().size(), 7U);
}

}  // namespace
