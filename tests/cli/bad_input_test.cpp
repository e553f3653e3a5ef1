#include <gmock/gmock.h>

#include <cstdlib>

#include "tests/cli/goldens.h"
#include "tests/cli/program.h"
#include "tests/support/fixtures.h"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using tests::chat_model;
using tests::Outcome;
using tests::run;
using tests::ScratchFolder;

TEST(BadUsage, EndsWithStatus2AndOneLine) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"frobnicate"},
      {"info"},
      {"info", "a", "b"},
      {"info", chat_model(), "--frob"},
      {"info", chat_model(), "--context"},
      {"info", chat_model(), "--context", "ten"},
      {"info", chat_model(), "--quiet", "--quiet"},
      {"generate", chat_model()},
      {"generate", chat_model(), "--prompt", "a", "--raw", "b"},
      {"generate", chat_model(), "--ids", "1,,2"},
      {"generate", chat_model(), "--ids", "-1"},
      {"generate", chat_model(), "--ids", "1", "--device", "abacus"},
      {"generate", chat_model(), "--ids", "1", "--threads", "-4"},
      {"logits", chat_model(), "--ids", "1,2"},
      {"logits", chat_model(), "--ids", "1,2,3", "--out", "/nowhere/x", "--chunks", "1,1"},
      {"logits", chat_model(), "--ids", "1,2,3", "--out", "/nowhere/x", "--chunks", "1,2", "--attentions", "0"},
      {"render", "--now", "yesterday", "--cases", "x"},
      {"render"},
      {"quantize", chat_model(), "--type", "q8_0"},
      {"quantize", chat_model(), "--out", "/nowhere/x.gguf"},
      {"quantize", chat_model(), "--type", "q3", "--out", "/nowhere/x.gguf"},
      {"quantize", chat_model(), "--type", "q8_0", "--out", "/nowhere/config.json"},
      {"bench", chat_model(), "--repeat", "0"},
  };
  for (const auto& words : wrong) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 2) << testing::PrintToString(words) << outcome.err;
    EXPECT_TRUE(outcome.complains_in_one_line()) << testing::PrintToString(words) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(BadInput, EndsWithStatus1AndOneLine) {
  const ScratchFolder scratch;
  const std::string text = scratch.write("text.json", "not json"), number = scratch.write("number.json", "7");
  const std::string deep = scratch.write("deep.json", std::string(100000, '['));
  const std::string far_id = scratch.write("far.json", "[[99999999999]]");
  const std::vector<std::vector<std::string>> wrong = {
      {"info", "/nowhere/model"},
      {"info", scratch.path()},
      {"generate", "/nowhere/model", "--ids", "1"},
      {"generate", chat_model(), "--ids", "1200"},
      {"generate", chat_model(), "--raw", ""},
      {"generate", chat_model(), "--messages", text},
      {"generate", chat_model(), "--messages", number},
      {"generate", chat_model(), "--messages", "/nowhere/messages.json"},
      {"generate", chat_model(), "--ids", "1", "--settings", deep},
      {"tokenize", chat_model(), "--file", number},
      {"tokenize", scratch.path(), "--file", number},
      {"detokenize", chat_model(), "--file", far_id},
      {"render", "--cases", number},
      {"render", "--template", "/nowhere/t", "--context", text},
      {"logits", chat_model(), "--ids", "1,1200", "--out", scratch.path() / "x"},
      {"logits", chat_model(), "--ids", "1", "--out", "/nowhere/x"},
      {"logits", chat_model(), "--ids", "1", "--out", scratch.path() / "x", "--attentions", "2"},
      {"logits", chat_model(), "--ids", "1", "--out", scratch.path() / "x", "--router-logits"},
      {"bench", chat_model(), "--prompt", "513"},
      {"sample", "--scores", text, "--ids", "1", "--settings", number},
  };
  for (const auto& words : wrong) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 1) << testing::PrintToString(words) << outcome.err;
    EXPECT_TRUE(outcome.complains_in_one_line()) << testing::PrintToString(words) << outcome.err;
    EXPECT_EQ(outcome.out, "") << testing::PrintToString(words);
  }
  EXPECT_FALSE(fs::exists(scratch.path() / "x"));
}

TEST(BadInput, SettingsThatAreNotAppliedAreRefusedByName) {
  const ScratchFolder scratch;
  const auto with = [&scratch](const std::string& settings) {
    return run({"generate", chat_model(), "--ids", "1", "--settings", scratch.write("settings.json", settings)});
  };
  const Outcome unsupported = with(R"({"num_beams": 4})");
  EXPECT_EQ(unsupported.status, 2);
  EXPECT_EQ(unsupported.err, "sotto-cli: unsupported setting: num_beams\n");
  EXPECT_EQ(with(R"({"no_such_setting": 1})").status, 2);
  EXPECT_EQ(with(R"({"num_beams": 1, "typical_p": 1.0, "max_new_tokens": 1, "top_h": null})").status, 0);
  const Outcome wrong_kind = with(R"({"temperature": "hot"})");
  EXPECT_EQ(wrong_kind.status, 1);
  EXPECT_THAT(wrong_kind.err, HasSubstr("temperature"));
  const Outcome out_of_range = with(R"({"top_p": 2})");
  EXPECT_EQ(out_of_range.status, 1);
  EXPECT_THAT(out_of_range.err, HasSubstr("top_p"));
}

TEST(BadInput, OutputThatCannotBeWrittenIsAnError) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const std::string command = std::string(SOTTO_CLI) + " info '" + chat_model() + "' > /dev/full 2> /dev/null";
  EXPECT_EQ(WEXITSTATUS(std::system(command.c_str())), 1);
}

TEST(BadInput, DamagedModelsAreRefusedInOneLine) {
  const ScratchFolder scratch;
  int checked = 0;
  const auto check = [&](const fs::path& model, const fs::path& broken, const char* as) {
    const fs::path folder = scratch.path() / std::to_string(checked++);
    fs::copy(model, folder);
    fs::remove(folder / as);
    fs::copy_file(broken, folder / as);
    const Outcome outcome = run({"generate", folder, "--ids", "1,2"});
    EXPECT_EQ(outcome.status, 1) << broken << outcome.out;
    EXPECT_TRUE(outcome.complains_in_one_line()) << broken << outcome.err;
  };
  for (const auto& entry : fs::directory_iterator(tests::fixture("malformed/config"))) {
    check(tests::fixture("models/ernie4_5-tied"), entry.path(), "config.json");
  }
  for (const auto& entry : fs::directory_iterator(tests::fixture("malformed/safetensors"))) {
    check(tests::fixture("models/ernie4_5-tied"), entry.path(), "model.safetensors");
  }
  EXPECT_GT(checked, 20);
  for (const auto& entry : fs::directory_iterator(tests::fixture("malformed/gguf"))) {
    const Outcome outcome = run({"generate", entry.path(), "--ids", "1,2"});
    EXPECT_EQ(outcome.status, 1) << entry.path() << outcome.out;
    EXPECT_TRUE(outcome.complains_in_one_line()) << entry.path() << outcome.err;
  }
}

}  // namespace
