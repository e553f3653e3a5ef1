#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tests/cli/program.h"
#include "tests/support/fixtures.h"

namespace {

using nlohmann::json;
using tests::Outcome;
using tests::run;
using tests::ScratchFolder;
using Ids = std::vector<std::int32_t>;

std::string chat_model() {
  return tests::fixture("models/ernie4_5-chat");
}
json golden_cases(const char* file) {
  return json::parse(tests::read_bytes(tests::fixture(file))).at("cases");
}

std::string comma_separated(const Ids& ids) {
  std::string text;
  for (const std::int32_t id : ids) text += (text.empty() ? "" : ",") + std::to_string(id);
  return text;
}

/// The float32 tensors of a safetensors file.
std::vector<float> tensor_of(const std::filesystem::path& file, const std::string& name) {
  const std::string bytes = tests::read_bytes(file);
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  const json offsets = json::parse(bytes.substr(8, header)).at(name).at("data_offsets");
  const std::size_t begin = offsets[0], end = offsets[1];
  std::vector<float> values((end - begin) / sizeof(float));
  std::memcpy(values.data(), bytes.data() + 8 + header + begin, end - begin);
  return values;
}

/// max|a - b| / rms(b), the measure of the fixtures.
double largest_error(const std::vector<float>& values, const std::vector<float>& expected) {
  EXPECT_EQ(values.size(), expected.size());
  double squares = 0, largest = 0;
  for (std::size_t i = 0; i < std::min(values.size(), expected.size()); ++i) {
    squares += static_cast<double>(expected[i]) * expected[i];
    largest = std::max(largest, std::abs(static_cast<double>(values[i]) - expected[i]));
  }
  return largest / std::sqrt(squares / static_cast<double>(expected.size()));
}

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
    const json cases = golden_cases(("tokenizers/" + family + "_encode.json").c_str());
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
    const json cases = golden_cases(("tokenizers/" + family + "_decode.json").c_str());
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
    for (const json& one : golden_cases(("logits/" + name + ".json").c_str())) {
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
