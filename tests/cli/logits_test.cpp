#include <gmock/gmock.h>

#include <cstring>
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
using tests::largest_error;
using tests::Outcome;
using tests::run;
using tests::ScratchFolder;
using tests::tensor_of;

TEST(Cli, LogitsEqualTheReferenceWholeAndInChunks) {
  const ScratchFolder scratch;
  const std::string out = scratch.path() / "out.safetensors";
  const std::filesystem::path expected = tests::fixture("logits/ernie4_5-chat.safetensors");
  const Ids ids = golden_cases("logits/ernie4_5-chat.json").at(2).at("ids");
  ASSERT_EQ(ids.size(), 17U);
  const std::vector<std::string> common = {"logits", chat_model(), "--ids",     comma_separated(ids),
                                           "--out",  out,          "--compute", "f32"};
  const auto with = [&common](std::initializer_list<std::string> more) {
    std::vector<std::string> words = common;
    words.insert(words.end(), more);
    return run(words);
  };

  ASSERT_EQ(with({"--hidden-states", "--attentions", "1"}).status, 0);
  EXPECT_LT(largest_error(tensor_of(out, "logits"), tensor_of(expected, "len17.logits")), 1e-3);
  EXPECT_LT(largest_error(tensor_of(out, "attentions.1"), tensor_of(expected, "len17.attention.layer1")), 1e-3);
  const std::vector<float> hidden = tensor_of(out, "hidden_states");
  ASSERT_EQ(hidden.size(), 3U * 17 * 64);
  const auto layer = [&hidden](std::ptrdiff_t i) {
    return std::vector<float>(hidden.begin() + i * 17 * 64, hidden.begin() + (i + 1) * 17 * 64);
  };
  EXPECT_LT(largest_error(layer(0), tensor_of(expected, "len17.hidden.embed")), 1e-3);
  EXPECT_LT(largest_error(layer(1), tensor_of(expected, "len17.hidden.layer0")), 1e-3);
  EXPECT_LT(largest_error(layer(2), tensor_of(expected, "len17.hidden.norm")), 1e-3);

  ASSERT_EQ(with({"--chunks", "9,1,7", "--hidden-states"}).status, 0);
  EXPECT_LT(largest_error(tensor_of(out, "logits"), tensor_of(expected, "len17.logits")), 1e-3);
  EXPECT_LT(largest_error(tensor_of(out, "hidden_states"), hidden), 1e-3);

  ASSERT_EQ(with({"--last-only"}).status, 0);
  std::vector<float> last = tensor_of(expected, "len17.logits");
  last.erase(last.begin(), last.end() - 1200);
  EXPECT_LT(largest_error(tensor_of(out, "logits"), last), 1e-3);

  for (const char* chunks : {"17", "9,8", "11,5,1", "13,1,1,1,1"}) {  // from the 12th on, wherever pieces end
    ASSERT_EQ(with({"--logits-from", "11", "--chunks", chunks}).status, 0);
    std::vector<float> end = tensor_of(expected, "len17.logits");
    end.erase(end.begin(), end.end() - 6 * 1200);
    EXPECT_LT(largest_error(tensor_of(out, "logits"), end), 1e-3) << chunks;
  }
  EXPECT_EQ(with({"--logits-from", "17"}).status, 2);
  EXPECT_EQ(with({"--logits-from", "11", "--last-only"}).status, 2);
}

/// A safetensors file with one F32 tensor.
std::string safetensors_of(const char* name, const std::vector<std::size_t>& shape, const std::vector<float>& values) {
  const std::string header =
      json{{name, {{"dtype", "F32"}, {"shape", shape}, {"data_offsets", {0, values.size() * sizeof(float)}}}}}.dump();
  const std::uint64_t length = header.size();
  std::string file(sizeof length + header.size() + values.size() * sizeof(float), '\0');
  std::memcpy(file.data(), &length, sizeof length);
  std::memcpy(file.data() + sizeof length, header.data(), header.size());
  std::memcpy(file.data() + sizeof length + header.size(), values.data(), values.size() * sizeof(float));
  return file;
}

TEST(Cli, EmbeddingsInPlaceOfIdsGiveTheReferencesLogits) {
  const ScratchFolder scratch;
  const std::string out = scratch.path() / "out.safetensors";
  for (const std::string name : {"ernie4_5-chat", "glm4-base"}) {
    const std::string model = tests::fixture("models/" + name);
    const std::filesystem::path expected = tests::fixture("logits/" + name + ".safetensors");
    const std::vector<float> rows = tensor_of(expected, "len17.hidden.embed");
    const std::string in = scratch.write("in.safetensors", safetensors_of("embeddings", {17, 64}, rows));
    for (const char* chunks : {"17", "3,14"}) {
      const Outcome outcome = run({"logits", model, "--embeddings", in, "--out", out, "--compute", "f32", "--chunks", chunks});
      ASSERT_EQ(outcome.status, 0) << outcome.err;
      EXPECT_LT(largest_error(tensor_of(out, "logits"), tensor_of(expected, "len17.logits")), 1e-3) << name;
    }
    const std::string narrow = scratch.write("narrow.safetensors", safetensors_of("embeddings", {34, 32}, rows));
    const Outcome refused = run({"logits", model, "--embeddings", narrow, "--out", out});
    EXPECT_EQ(refused.status, 1);
    EXPECT_THAT(refused.err, testing::HasSubstr("hidden size is 64"));
    const std::string other = scratch.write("other.safetensors", safetensors_of("something", {17, 64}, rows));
    EXPECT_THAT(run({"logits", model, "--embeddings", other, "--out", out}).err, testing::HasSubstr("no tensor \"embeddings\""));
    EXPECT_EQ(run({"logits", model, "--embeddings", in, "--ids", "1", "--out", out}).status, 2);
  }
}

TEST(Cli, RouterLogitsAndRopeOfAChunkedPromptAreTheReferences) {
  const ScratchFolder scratch;
  const std::string out = scratch.path() / "out.safetensors";
  const std::filesystem::path expected = tests::fixture("logits/ernie4_5_moe-interval.safetensors");
  const Ids ids = golden_cases("logits/ernie4_5_moe-interval.json").at(2).at("ids");
  const std::string model = tests::fixture("models/ernie4_5_moe-interval");
  ASSERT_EQ(run({"logits", model, "--ids", comma_separated(ids), "--out", out, "--compute", "f32", "--router-logits",
                 "--chunks", "5,12"}).status, 0);
  EXPECT_LT(largest_error(tensor_of(out, "logits"), tensor_of(expected, "len17.logits")), 1e-3);
  EXPECT_LT(largest_error(tensor_of(out, "router_logits.1"), tensor_of(expected, "len17.router.layer1.logits")), 1e-3);
  const Outcome dense = run({"logits", chat_model(), "--ids", "1", "--out", out, "--router-logits"});
  EXPECT_EQ(dense.status, 1);
  EXPECT_THAT(dense.err, testing::HasSubstr("has no router"));
}

// max_position_embeddings is 48 there: where the scaling begins, not where it ends.
TEST(Cli, DynamicRopeGoesOnBeyondTheTrainedContext) {
  const ScratchFolder scratch;
  const std::string model = tests::fixture("models/ernie4_5-rope-dynamic"), out = scratch.path() / "out.safetensors";
  const std::filesystem::path expected = tests::fixture("logits/ernie4_5-rope-dynamic.safetensors");
  for (const json& one : golden_cases("logits/ernie4_5-rope-dynamic.json")) {
    const std::string name = one.at("name"), ids = comma_separated(one.at("ids"));
    ASSERT_EQ(run({"logits", model, "--ids", ids, "--out", out, "--compute", "f32", "--last-only"}).status, 0) << name;
    std::vector<float> last = tensor_of(expected, name + ".logits");
    last.erase(last.begin(), last.end() - 320);
    EXPECT_LT(largest_error(tensor_of(out, "logits"), last), 1e-3) << name;

    const std::string settings = scratch.write(
        "s.json", json{{"do_sample", false}, {"eos_token_id", json::array()}, {"max_new_tokens", one.at("greedy").size()}}.dump());
    Ids greedy;
    const Outcome outcome = run({"generate", model, "--ids", ids, "--settings", settings, "--json", "--compute", "f32"});
    for (const json& line : outcome.lines()) {
      if (line.contains("id")) greedy.push_back(line.at("id"));
    }
    EXPECT_EQ(greedy, one.at("greedy").get<Ids>()) << name << outcome.err;
  }
}

TEST(Cli, ClassifiesAsTheReferenceDoes) {
  const ScratchFolder scratch;
  const std::string out = scratch.path() / "out.safetensors";
  for (const std::string name : {"glm4-sequence-classification", "glm4-token-classification"}) {
    const std::filesystem::path expected = tests::fixture("logits/" + name + ".safetensors");
    const std::string model = tests::fixture("models/" + name);
    for (const json& one : golden_cases("logits/" + name + ".json")) {
      const bool whole = one.at("attention_mask").at(0).get<std::vector<int>>() ==
                         std::vector<int>(one.at("ids").at(0).size(), 1);
      if (one.at("ids").size() != 1 || !whole) continue;  // the engine's test has the padded ones
      const Outcome outcome = run({"classify", model, "--ids", comma_separated(one.at("ids").at(0)), "--out", out,
                                   "--compute", "f32"});
      ASSERT_EQ(outcome.status, 0) << outcome.err;
      EXPECT_LT(largest_error(tensor_of(out, "logits"), tensor_of(expected, one.at("name").get<std::string>() + ".logits")), 1e-3)
          << name << " " << one.at("name");
    }
    EXPECT_EQ(run({"logits", model, "--ids", "1", "--out", out}).status, 1);
    const Outcome generated = run({"generate", model, "--ids", "1"});
    EXPECT_EQ(generated.status, 1);
    EXPECT_THAT(generated.err, testing::HasSubstr("is a classifier"));
  }
  EXPECT_EQ(run({"classify", chat_model(), "--ids", "1", "--out", out}).status, 1);
}

TEST(Cli, DeterministicMeansTheSameBitsInAnyChunks) {
  const ScratchFolder folder;
  const std::string model = tests::fixture("quantised/ernie4_5-Q4_0.gguf");
  Ids ids;
  for (int i = 0; i < 60; ++i) ids.push_back(3 + i * 7 % 300);
  const auto logits = [&](const std::string& name, std::vector<std::string> more) {
    const std::string out = folder.path() / name;
    std::vector<std::string> words{"logits", model, "--ids", comma_separated(ids), "--out", out, "--deterministic"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return tensor_of(out, "logits");
  };
  const std::vector<float> whole = logits("whole", {"--threads", "1"});
  EXPECT_EQ(logits("chunks", {"--chunks", "17,1,1,41", "--threads", "2"}), whole);
}

}  // namespace
