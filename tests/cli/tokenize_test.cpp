#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/goldens.h"
#include "tests/cli/program.h"
#include "tests/support/fixtures.h"

namespace {

using nlohmann::json;
using tests::golden_cases;
using tests::Ids;
using tests::run;
using tests::ScratchFolder;

/// Folders that hold a tokenizer, and whose goldens they are. One of them has nothing but a tokenizer.json.
struct TokenizerFolder {
  std::string family, path;
};
std::vector<TokenizerFolder> tokenizer_folders(const ScratchFolder& scratch) {
  const auto json_only =
      scratch.write("json/tokenizer.json", tests::read_bytes(tests::fixture("tokenizers/ernie/tokenizer.json")));
  return {{"ernie", tests::fixture("tokenizers/ernie")},
          {"ernie", json_only.parent_path()},
          {"glm4", tests::fixture("tokenizers/glm4")}};
}

TEST(Cli, TokenizesAsTheReference) {
  const ScratchFolder scratch;
  for (const auto& [family, path] : tokenizer_folders(scratch)) {
    const json cases = golden_cases("tokenizers/" + family + "_encode.json");
    json texts = json::array();
    for (const json& one : cases) {
      texts.push_back({{"text", one.at("text")}, {"add_special", false}, {"parse_special", true}});
      texts.push_back({{"text", one.at("text")}, {"parse_special", false}});
    }
    const std::string file = scratch.write("texts.json", texts.dump());
    const json ids = run({"tokenize", path, "--file", file}).json();
    ASSERT_EQ(ids.size(), texts.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
      EXPECT_EQ(ids[2 * i], cases[i].at("ids")) << path;
      EXPECT_EQ(ids[2 * i + 1], cases[i].at("ids_plain")) << path;
    }
  }
}

TEST(Cli, DetokenizesPieceByPiece) {
  const ScratchFolder scratch;
  for (const auto& [family, path] : tokenizer_folders(scratch)) {
    const json cases = golden_cases("tokenizers/" + family + "_decode.json");
    json lists = json::array();
    for (const json& one : cases) {
      lists.push_back(one.at("ids"));
      lists.push_back({{"ids", one.at("ids")}, {"skip_special", true}});
    }
    const std::string file = scratch.write("ids.json", lists.dump());
    const json results = run({"detokenize", path, "--file", file}).json();
    for (std::size_t i = 0; i < cases.size(); ++i) {
      for (const auto& [result, stream] :
           {std::pair{results[2 * i], "stream"}, std::pair{results[2 * i + 1], "stream_skip"}}) {
        std::vector<std::string> pieces = cases[i].at(stream);
        const std::string tail = cases[i].at(std::string(stream) + "_tail");
        if (!pieces.empty()) pieces.back() += tail;
        EXPECT_EQ(result.at("pieces"), pieces) << cases[i].at("name");
        std::string text;
        for (const std::string& piece : pieces) text += piece;
        EXPECT_EQ(result.at("text"), text);
      }
    }
  }
}

TEST(Cli, TokenizesWhatATemplateRendered) {
  const ScratchFolder scratch;
  for (const std::string family : {"ernie", "glm4"}) {
    // Templates print a tool's members in the order in which they stand.
    using nlohmann::ordered_json;
    const auto cases =
        ordered_json::parse(tests::read_bytes(tests::fixture("tokenizers/" + family + "_chat.json"))).at("cases");
    ordered_json renderings = ordered_json::array();
    for (const ordered_json& one : cases) {
      ordered_json context = {{"messages", one.at("messages")},
                              {"add_generation_prompt", one.at("add_generation_prompt")},
                              {"cls_token", "<|begin_of_sentence|>"},
                              {"sep_token", "<|end_of_sentence|>"}};
      if (one.contains("tools")) context["tools"] = one.at("tools");
      renderings.push_back({{"name", one.at("name")},
                            {"template_file", tests::fixture("tokenizers/" + family + "/chat_template.jinja").string()},
                            {"context", context},
                            {"mode", "chat"}});
    }
    const json rendered = run({"render", "--cases", scratch.write("cases.json", renderings.dump())}).json();
    json texts = json::array();
    for (const json& one : rendered) texts.push_back({{"text", one.at("output")}, {"parse_special", true}});
    const std::string file = scratch.write("texts.json", texts.dump());
    const json ids = run({"tokenize", tests::fixture("tokenizers/" + family), "--file", file}).json();
    for (std::size_t i = 0; i < cases.size(); ++i)
      EXPECT_EQ(ids[i].get<Ids>(), cases[i].at("ids").get<Ids>()) << cases[i].at("name");
  }
}

}  // namespace
