// Every malformed file of the fixtures as a person would meet it: put where a model has it, given to the program.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tests/support/fixtures.h"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using tests::Outcome;
using tests::run;
using tests::ScratchFolder;

/// The command that meets the file: `kind` says what it is a broken version of.
Outcome meet(const fs::path& file, const std::string& kind) {
  const ScratchFolder folder;
  const fs::path out = folder.path() / "out.safetensors";
  if (kind == "gguf") return run({"generate", file, "--ids", "1", "--settings", folder.write("s.json", R"({"max_new_tokens": 1})")});
  const fs::path model = folder.path() / "model";
  fs::create_directory(model);
  for (const auto& part : fs::directory_iterator(tests::fixture("models/ernie4_5-tied"))) {
    fs::copy_file(part.path(), model / part.path().filename());
  }
  const auto place = [&](const char* name) { fs::copy_file(file, model / name, fs::copy_options::overwrite_existing); };
  const std::string texts = folder.write("texts.json", R"([{"text": "Hello <|user|> 123", "parse_special": true}])");
  if (kind == "config") place("config.json");
  if (kind == "safetensors") place("model.safetensors");
  if (kind == "index") {
    fs::remove(model / "model.safetensors");
    place("model.safetensors.index.json");
  }
  if (kind == "template") return run({"render", "--template", file, "--context", folder.write("c.json", R"({"messages": []})")});
  if (kind == "tokenizer" || kind == "sentencepiece") {
    place(kind == "tokenizer" ? "tokenizer.json" : "tokenizer.model");
    return run({"tokenize", model, "--file", texts});
  }
  return run({"logits", model, "--ids", "1,2", "--out", out});
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::int64_t kMostKilobytes = 4096 * 1024;  // a sanitizer's own memory is no matter of the file's
#else
constexpr std::int64_t kMostKilobytes = 64 * 1024;
#endif

void check(const fs::path& root, std::size_t least) {
  const std::int64_t nothing = run({"--version"}).peak_kilobytes;
  const json index = json::parse(tests::read_bytes(root / "malformed/index.json"));
  std::size_t checked = 0;
  for (const json& entry : index.at("files")) {
    const fs::path file = root / entry.at("file").get<std::string>();
    if (!fs::exists(file)) continue;
    const Outcome outcome = meet(file, entry.at("kind"));
    if (entry.at("expect") == "error") {
      EXPECT_EQ(outcome.status, 1) << entry.dump() << outcome.err;
      EXPECT_TRUE(outcome.complains_in_one_line()) << entry.dump() << outcome.err;
    } else {
      EXPECT_LT(outcome.status, 2) << entry.dump() << outcome.err;
    }
    EXPECT_LT(outcome.peak_kilobytes - nothing, kMostKilobytes) << entry.dump();
    ++checked;
  }
  EXPECT_GE(checked, least);
}

TEST(Malformed, EachCommittedFileIsRefusedInOneLineAndLittleMemory) {
  check(tests::fixture(""), 90);
}

TEST(Malformed, EachFileOfTheLargeCorpusIsRefusedInOneLineAndLittleMemory) {
  SHARED_OR_SKIP(index, "malformed/index.json");
  check(index.parent_path().parent_path(), 105);
}

}  // namespace
