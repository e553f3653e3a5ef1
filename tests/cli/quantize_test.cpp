// sotto-cli quantize as people use it: what it says, what it leaves behind when something goes wrong.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/cli/goldens.h"
#include "tests/cli/program.h"
#include "tests/support/fixtures.h"
#include "tests/support/gguf_bytes.h"

namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using tests::chat_model;
using tests::GgufBytes;
using tests::Outcome;
using tests::Program;
using tests::run;
using tests::ScratchFolder;

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

/// A GGUF file with a matrix of so many rows of 256 zeros that quantising it takes a while. It takes no disk.
fs::path large_model(const ScratchFolder& scratch, std::uint64_t rows) {
  GgufBytes file;
  file.text("general.architecture", "ernie4_5");
  for (const auto& [key, number] :
       {std::pair("embedding_length", 256u), std::pair("block_count", 1u), std::pair("attention.head_count", 2u),
        std::pair("feed_forward_length", 256u), std::pair("context_length", 64u)}) {
    file.number(std::string("ernie4_5.") + key, number);
  }
  file.real("ernie4_5.attention.layer_norm_rms_epsilon", 1e-5f).zeros("token_embd.weight", {256, 8});
  file.tensor("blk.0.ffn_up.weight", {256, rows}, 0, "");
  const fs::path path = scratch.write("in/large.gguf", file.bytes());
  fs::resize_file(path, fs::file_size(path) + rows * 256 * sizeof(float));
  return path;
}

TEST(Quantize, SaysWhatItWroteAndTheFileRuns) {
  const ScratchFolder scratch;
  const std::string out = scratch.path() / "chat.gguf";
  const Outcome outcome = run({"quantize", chat_model(), "--type", "q8_0", "--out", out});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, testing::MatchesRegex(".*chat\\.gguf: 0\\.[0-9]+ MB, q8_0\n"));
  const nlohmann::json before = run({"info", chat_model()}).json(), after = run({"info", out}).json();
  for (const char* key : {"architecture", "parameters", "layers", "hidden_size", "vocab_size", "context_length",
                          "template", "eos_token_ids", "kv_bytes_per_token"}) {
    EXPECT_EQ(after.at(key), before.at(key)) << key;
  }
  EXPECT_TRUE(after.at("weight_types").contains("Q8_0"));
  EXPECT_EQ(
      run({"generate", out, "--prompt", "hello", "--settings", scratch.write("s.json", R"({"max_new_tokens": 3})")})
          .status,
      0);
}

TEST(Quantize, QuietSaysNothing) {
  const ScratchFolder scratch;
  const std::string out = scratch.path() / "m.gguf";
  const Outcome outcome =
      run({"quantize", tests::fixture("quantised/glm4-Q4_K.gguf"), "--type", "q4_0", "--out", out, "--quiet"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
}

TEST(Quantize, TakesTheDemoModel) {
  const ScratchFolder scratch;
  const Outcome outcome =
      run({"quantize", "demo", "--type", "q4_k", "--out", scratch.path() / "demo.gguf", "--threads", "2"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(run({"generate", scratch.path() / "demo.gguf", "--prompt", "hello", "--settings",
                 scratch.write("s.json", R"({"max_new_tokens": 3})")})
                .status,
            0);
}

TEST(Quantize, RefusesToWriteOverItsSource) {
  const ScratchFolder scratch;
  const std::string bytes = tests::read_bytes(tests::fixture("quantised/ernie4_5-Q4_0.gguf"));
  const std::string model = scratch.write("m.gguf", bytes);
  const Outcome outcome = run({"quantize", model, "--type", "q8_0", "--out", model});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.complains_in_one_line()) << outcome.err;
  EXPECT_EQ(tests::read_bytes(model), bytes);
}

TEST(Quantize, AFolderThatIsNotThereIsSaid) {
  const ScratchFolder scratch;
  const Outcome outcome =
      run({"quantize", chat_model(), "--type", "q8_0", "--out", scratch.path() / "absent" / "m.gguf"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.complains_in_one_line()) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("absent/m.gguf"));
  EXPECT_TRUE(fs::is_empty(scratch.path()));
}

/// Files of this program and of what it starts may have so many bytes while it lives.
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileLimit() { setrlimit(RLIMIT_FSIZE, &before_); }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
};

TEST(Quantize, WithoutRoomNothingIsLeftAndTheOldFileStays) {
  const ScratchFolder scratch;
  const std::string out = scratch.write("m.gguf", "the old file");
  const Outcome outcome = [&] {
    const FileLimit limit(50000);
    return run({"quantize", chat_model(), "--type", "q8_0", "--out", out});
  }();
  EXPECT_EQ(outcome.status, 1);
  EXPECT_TRUE(outcome.complains_in_one_line()) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("m.gguf"));
  EXPECT_EQ(tests::read_bytes(out), "the old file");
  EXPECT_THAT(names_in(scratch.path()), testing::ElementsAre("m.gguf"));
}

class QuantizeStopped : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Signals, QuantizeStopped, testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST_P(QuantizeStopped, LeavesNothingBehind) {
  const ScratchFolder scratch;
  const fs::path folder = scratch.path() / "out";
  fs::create_directory(folder);
  const std::string out = folder / "m.gguf";
  Program program({"quantize", large_model(scratch, 1 << 21), "--type", "q4_k", "--out", out, "--threads", "1"});
  for (int i = 0; i < 10000 && fs::is_empty(folder); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  ASSERT_FALSE(fs::is_empty(folder));
  EXPECT_FALSE(fs::exists(out));
  program.send(GetParam());
  std::this_thread::sleep_for(std::chrono::milliseconds(5));  // so that the second one is not the first
  program.send(GetParam());
  const Outcome outcome = program.finish();
  EXPECT_EQ(outcome.status, 130);
  EXPECT_EQ(outcome.err, "");
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST(Quantize, MemoryDoesNotGrowWithTheModel) {
  const ScratchFolder scratch;
  const fs::path model = large_model(scratch, 5 << 17);  // 671 MB
  const std::string out = scratch.path() / "m.gguf";
  rusage before{}, after{};
  getrusage(RUSAGE_CHILDREN, &before);
  EXPECT_EQ(run({"quantize", model, "--type", "q4_0", "--out", out, "--quiet"}).status, 0);
  getrusage(RUSAGE_CHILDREN, &after);
  // The largest of all children so far, in kilobytes, mapped pages included.
  EXPECT_LE(after.ru_maxrss, std::max<long>(before.ru_maxrss, 300 * 1024));
}

}  // namespace
