#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/cli/goldens.h"
#include "tests/cli/program.h"
#include "tests/support/fixtures.h"

namespace {

using nlohmann::json;
using tests::chat_model;
using tests::comma_separated;
using tests::Ids;
using tests::largest_error;
using tests::Outcome;
using tests::run;
using tests::ScratchFolder;
using tests::tensor_of;

TEST(Cli, TellsItsVersion) {
  const Outcome outcome = run({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, testing::MatchesRegex("sotto-cli [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(Cli, InfoDescribesAModel) {
  const json info = run({"info", chat_model(), "--context", "100"}).json();
  EXPECT_EQ(info.at("architecture"), "ernie4_5");
  EXPECT_EQ(info.at("vocab_size"), 1200);
  EXPECT_EQ(info.at("context_length"), 512);
  EXPECT_EQ(info.at("template"), true);
  EXPECT_THAT(info.at("template_used").get<std::string>(), testing::HasSubstr("chat template of"));
  EXPECT_EQ(info.at("template_problem"), "");
  EXPECT_EQ(info.at("eos_token_ids"), json({2, 1187}));
  EXPECT_EQ(info.at("weight_types"), json({{"F32", info.at("weight_bytes")}}));
  EXPECT_GT(info.at("plan").at("cpu"), info.at("weight_bytes"));
  EXPECT_EQ(info.at("devices").at(0).at("kind"), "cpu");
}

TEST(Cli, RendersCasesAndSingleTemplates) {
  const ScratchFolder scratch;
  scratch.write("one.jinja", "{{ x }} {{ strftime_now('%Y-%m-%d %H:%M') }}");
  const std::string cases = scratch.write("sub/cases.json", R"([
    {"name": "text", "template": "{% for k in d %}{{ k }}{% endfor %}", "context": {"d": {"z": 1, "a": 2}}, "mode": "render"},
    {"name": "file", "template_file": "one.jinja", "context": {"x": 1.0}},
    {"name": "chat", "template": "{{ tools is none }}{{ messages[0].thinking }}", "context": {"messages": [{"role": "assistant", "reasoning": "why"}]}, "mode": "chat"},
    {"name": "open", "template": "<{{ messages[0].content }}>", "context": {"messages": [{"role": "assistant", "content": "go on"}]}, "mode": "chat", "continue_final_message": true},
    {"name": "empty", "template": "", "context": {"messages": []}, "mode": "chat", "continue_final_message": true},
    {"name": "syntax", "template": "\n{% if %}", "context": {}},
    {"name": "raise", "template": "{{ raise_exception('no') }}", "context": {}}])");
  const Outcome outcome = run({"render", "--cases", cases, "--now", "2026-01-31T12:00:00"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json results = outcome.json();
  EXPECT_EQ(results[0], json({{"name", "text"}, {"output", "za"}}));
  EXPECT_EQ(results[1].at("output"), "1.0 2026-01-31 12:00");
  EXPECT_EQ(results[2].at("output"), "Truewhy");
  EXPECT_EQ(results[3].at("output"), "<go on");
  EXPECT_EQ(results[4].at("error").at("kind"), "chat");
  EXPECT_EQ(results[5].at("error").at("kind"), "syntax");
  EXPECT_EQ(results[5].at("error").at("line"), 2);
  EXPECT_EQ(results[6].at("error").at("kind"), "raise");
  EXPECT_EQ(results[6].at("error").at("message"), "no");

  const std::string context = scratch.write("context.json", R"({"x": "hello"})");
  const Outcome single =
      run({"render", "--template", scratch.path() / "one.jinja", "--context", context, "--now", "2026-01-31T12:00:00"});
  EXPECT_EQ(single.out, "hello 2026-01-31 12:00");
}

TEST(Cli, GgufFilesAreModelsToEveryCommand) {
  const ScratchFolder scratch;
  const std::string settings =
      scratch.write("settings.json", R"({"do_sample": false, "max_new_tokens": 16, "eos_token_id": []})");
  const json index = json::parse(tests::read_bytes(tests::fixture("quantised/index.json")));
  for (const json& entry : index.at("files")) {
    const std::string model = tests::fixture(entry.at("file").get<std::string>());
    SCOPED_TRACE(model);
    const json info = run({"info", model}).json();
    EXPECT_EQ(info.at("weight_types").count(entry.at("type").get<std::string>()), 1U);
    EXPECT_LT(info.at("weight_bytes"), std::filesystem::file_size(model));
    EXPECT_EQ(info.at("template"), true);
    EXPECT_THAT(info.at("template_used").get<std::string>(), testing::HasSubstr("chat template of"));
    EXPECT_EQ(info.at("template_problem"), "");
    EXPECT_GE(info.at("eos_token_ids").size(), 2U);

    const json& one = entry.at("cases").at(1);
    const std::string ids = comma_separated(one.at("ids")), out = scratch.path() / "logits.safetensors";
    ASSERT_EQ(run({"logits", model, "--ids", ids, "--out", out, "--compute", "f32"}).status, 0);
    const std::vector<float> expected =
        tensor_of(tests::fixture("quantised/reference.safetensors"), one.at("name").get<std::string>() + ".logits");
    std::vector<float> logits = tensor_of(out, "logits");
    ASSERT_GE(logits.size(), expected.size());
    logits.erase(logits.begin(), logits.end() - static_cast<std::ptrdiff_t>(expected.size()));
    EXPECT_LT(largest_error(logits, expected), 1e-3);

    const Outcome reply = run({"generate", model, "--ids", ids, "--settings", settings, "--json", "--compute", "f32"});
    ASSERT_EQ(reply.status, 0) << reply.err;
    Ids generated;
    for (const json& line : reply.lines()) {
      if (line.contains("id")) generated.push_back(line.at("id"));
    }
    EXPECT_EQ(generated, one.at("greedy").get<Ids>());

    json texts = json::array();
    for (const json& text : entry.at("texts")) texts.push_back({{"text", text.at("text")}, {"parse_special", true}});
    const json encoded = run({"tokenize", model, "--file", scratch.write("texts.json", texts.dump())}).json();
    for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(encoded.at(i), entry.at("texts").at(i).at("ids"));
  }
}

TEST(Cli, SampleShowsEachProcessorAndDraws) {
  const ScratchFolder scratch;
  // F = {"scores": [ln 1, ln 2, ln 4, ln 8]}.
  const float scores[] = {0, std::log(2.0F), std::log(4.0F), std::log(8.0F)};
  std::string header = R"({"scores":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})";
  header.append((8 - header.size() % 8) % 8, ' ');
  const std::uint64_t length = header.size();
  std::string file(reinterpret_cast<const char*>(&length), sizeof length);
  file += header;
  file.append(reinterpret_cast<const char*>(scores), sizeof scores);
  const std::string path = scratch.write("scores.safetensors", file);
  const std::string settings =
      scratch.write("settings.json", R"({"temperature": 0.5, "top_k": 3, "top_p": 0.9, "seed": 5})");
  const Outcome outcome = run({"sample", "--scores", path, "--ids", "0,1", "--settings", settings});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const json steps = outcome.lines()[0];
  ASSERT_EQ(steps.size(), 3U);
  EXPECT_EQ(steps[0].at("processor"), "temperature");
  EXPECT_NEAR(steps[0].at("scores").at(3).get<double>(), 2 * std::log(8.0), 1e-6);
  EXPECT_EQ(steps[1].at("processor"), "top_k");
  EXPECT_TRUE(steps[1].at("scores").at(0).is_null());
  // 16/84 + 64/84 = 0.952: two tokens make nine tenths.
  EXPECT_EQ(steps[2].at("processor"), "top_p");
  EXPECT_TRUE(steps[2].at("scores").at(1).is_null());
  EXPECT_FALSE(steps[2].at("scores").at(2).is_null());
  EXPECT_GE(outcome.lines()[1].at("token"), 2);

  const json tokens = run({"sample", "--scores", path, "--ids", "0,1", "--settings", settings, "--draws", "4000"})
                          .lines()[1]
                          .at("tokens");
  ASSERT_EQ(tokens.size(), 4000U);
  const auto threes = std::count(tokens.begin(), tokens.end(), json(3));
  EXPECT_NEAR(static_cast<double>(threes) / 4000, 0.8, 0.03);  // 64 of 80; the standard deviation is 0.006
}

TEST(Cli, BenchPrintsWhatThePeersPrint) {
  const json result =
      run({"bench", chat_model(), "--prompt", "16", "--generate", "8", "--repeat", "1", "--quiet"}).json();
  for (const char* key :
       {"engine", "version", "model", "threads", "prompt", "generate", "depth", "kv", "load_s", "first_token_s",
        "prompt_tok_s", "decode_tok_s", "peak_rss_mb", "device", "isa", "read_gb_s", "memory_gb_s"}) {
    EXPECT_TRUE(result.contains(key)) << key;
  }
  EXPECT_GT(result.at("prompt_tok_s"), 0);
  EXPECT_GT(result.at("decode_tok_s"), 0);
  EXPECT_GT(result.at("memory_gb_s"), 0);
}

}  // namespace
