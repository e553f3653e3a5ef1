#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/cli/goldens.h"
#include "tests/cli/program.h"
#include "tests/support/fixtures.h"

namespace {

using tests::chat_model;
using tests::Outcome;
using tests::Program;

std::string endless_settings(const tests::ScratchFolder& scratch) {
  return scratch.write("settings.json", R"({"eos_token_id": [], "do_sample": false})");
}

TEST(Interrupt, StopsGenerateWithStatus130AndTheLastLine) {
  const tests::ScratchFolder scratch;
  Program program({"generate", chat_model(), "--ids", "50,60", "--json", "--settings", endless_settings(scratch)});
  program.wait_for_output(1);
  program.interrupt();
  const Outcome outcome = program.finish();
  // The small model may have written all its context before the signal came; then it simply ended.
  const std::string reason = outcome.lines().back().at("finish_reason");
  EXPECT_TRUE((outcome.status == 130 && reason == "cancelled") || (outcome.status == 0 && reason == "length"))
      << outcome.status << " " << reason;
}

TEST(Interrupt, EndsAChatThatWaitsForInput) {
  Program program({"chat", chat_model(), "--quiet"});
  program.write("hello\n");
  program.wait_for_output(1);
  program.interrupt();
  program.interrupt();
  const Outcome outcome = program.finish();
  EXPECT_TRUE(outcome.status == 130 || outcome.status == 0) << outcome.status;
}

TEST(Interrupt, LeavesNoFileBehind) {
  const tests::ScratchFolder scratch;
  std::string ids = "5";
  for (int i = 1; i < 500; ++i) ids += ",5";
  const std::string out = scratch.path() / "out.safetensors";
  Program program({"logits", chat_model(), "--ids", ids, "--chunks",
                   "1" +
                       [] {
                         std::string ones;
                         for (int i = 1; i < 500; ++i) ones += ",1";
                         return ones;
                       }(),
                   "--out", out});
  // Until it has begun to write.
  for (int i = 0; i < 5000 && std::filesystem::is_empty(scratch.path()); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  program.interrupt();
  const Outcome outcome = program.finish();
  ASSERT_TRUE(outcome.status == 130 || outcome.status == 0) << outcome.status;
  for (const auto& entry : std::filesystem::directory_iterator(scratch.path())) {
    EXPECT_EQ(entry.path(), std::filesystem::path(out)) << "left behind";
    EXPECT_EQ(outcome.status, 0);
  }
}

TEST(Chat, AnswersEachLineAndLeavesAtTheEndOfInput) {
  const tests::ScratchFolder scratch;
  const std::string settings =
      scratch.write("settings.json", R"({"max_new_tokens": 6, "eos_token_id": [], "seed": 3})");
  Program program({"chat", chat_model(), "--quiet", "--settings", settings});
  program.write("hello\nand you?\n");
  const Outcome outcome = program.finish();
  EXPECT_EQ(outcome.status, 0);
  EXPECT_GE(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 2);
  EXPECT_EQ(outcome.err, "");
}

}  // namespace
