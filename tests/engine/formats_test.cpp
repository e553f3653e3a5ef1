// Reading model folders: the published layout in all its spellings, and everything that must be refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/formats/hf_files.h"
#include "engine/formats/model_source.h"
#include "engine/formats/safetensors.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"

namespace {

namespace fs = std::filesystem;
using engine::DType;
using engine::ModelSource;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using tests::error_of;
using tests::fixture;
using tests::ScratchFolder;

// --- safetensors
// ------------------------------------------------------------------------------------------------------

// A file as the format describes it: 8 bytes length, header, data. Independent of the reader.
std::string safetensors_bytes(const std::string& header, const std::string& data = "") {
  std::string bytes(8, '\0');
  const std::uint64_t size = header.size();
  std::memcpy(bytes.data(), &size, 8);
  return bytes + header + data;
}

std::string safetensors_error(const std::string& bytes) {
  return error_of([&] { engine::parse_safetensors(std::as_bytes(std::span(bytes)), "m/x.safetensors"); });
}

TEST(Safetensors, ReadsNamesTypesShapesAndBytesInPlace) {
  const std::string bytes = safetensors_bytes(
      R"( {"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2,1],"data_offsets":[2,10]},)"
      R"("a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"extra":1},"s":{"dtype":"I64","shape":[],"data_offsets":[10,18]},)"
      R"("e":{"dtype":"F16","shape":[0,4],"data_offsets":[18,18]}}  )",
      std::string("\x01\x02") + std::string(8, 'x') + std::string(8, 'y'));
  const auto tensors = engine::parse_safetensors(std::as_bytes(std::span(bytes)), "x");
  ASSERT_EQ(tensors.size(), 4u);
  EXPECT_EQ(tensors.at("a").dtype, DType::U8);
  EXPECT_EQ(tensors.at("a").bytes[1], std::byte{2});
  EXPECT_THAT(tensors.at("b").shape, ElementsAre(2, 1));
  EXPECT_EQ(tensors.at("b").bytes.size(), 8u);
  EXPECT_EQ(tensors.at("b").bytes.data(), tensors.at("a").bytes.data() + 2);
  EXPECT_TRUE(tensors.at("s").shape.empty());
  EXPECT_EQ(tensors.at("e").bytes.size(), 0u);
}

TEST(Safetensors, NamesTensorAndFileWhenRangesAreWrong) {
  const auto one = [](const std::string& entry, const std::string& data) {
    return safetensors_error(safetensors_bytes("{\"w\":" + entry + "}", data));
  };
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", "1234567"),
              AllOf(HasSubstr("CorruptFile: m/x.safetensors: w.data_offsets"), HasSubstr("cut short")));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", "123456789"),
              HasSubstr("its tensors end at byte 8"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})", "12345678"), HasSubstr("expected 0"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})", "12345678"), HasSubstr("asks for 12 bytes"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]})", ""), HasSubstr("2^64"));
  EXPECT_THAT(one(R"({"shape":[1],"data_offsets":[0,4]})", "1234"), HasSubstr("w lacks \"dtype\""));
}

TEST(Safetensors, RefusesOverlappingTensors) {
  EXPECT_THAT(safetensors_error(safetensors_bytes(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},)"
                                                  R"("b":{"dtype":"U8","shape":[3],"data_offsets":[2,5]}})",
                                                  "12345")),
              HasSubstr("tensor \"b\" begins at byte 2"));
}

TEST(Safetensors, TellsUnsupportedTypesFromUnknownOnes) {
  const auto with_type = [](const std::string& type) {
    return safetensors_error(
        safetensors_bytes(R"({"w":{"dtype":")" + type + R"(","shape":[1],"data_offsets":[0,1]}})", "1"));
  };
  EXPECT_THAT(with_type("F8_E8M0"), HasSubstr("UnsupportedModel: m/x.safetensors: w.dtype is F8_E8M0"));
  EXPECT_THAT(with_type("F33"), HasSubstr("CorruptFile: m/x.safetensors: w.dtype must be an element type"));
}

// Every cut of a sound file is refused, none crashes.
TEST(Safetensors, RefusesEveryTruncation) {
  const std::string bytes = safetensors_bytes(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "12345678");
  ASSERT_EQ(safetensors_error(bytes), "");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(safetensors_error(bytes.substr(0, size)), HasSubstr("CorruptFile")) << size;
  }
}

// --- folders
// ----------------------------------------------------------------------------------------------------------

TEST(ModelSource, OpensAShardedFolderWithTokenizerAndTemplate) {
  const auto source = ModelSource::open(fixture("models/ernie4_5-chat"));
  EXPECT_EQ(source->tensors().size(), 20u);
  EXPECT_EQ(source->weight_bytes(), 554240u);  // total_size of the index
  const auto* norm = source->find("model.norm.weight");
  ASSERT_NE(norm, nullptr);
  EXPECT_EQ(norm->dtype, DType::F32);
  EXPECT_THAT(norm->shape, ElementsAre(64));
  EXPECT_EQ(source->find("lm_head.weight"), nullptr);
  EXPECT_EQ(source->chat_template(), tests::read_bytes(fixture("models/ernie4_5-chat/chat_template.jinja")));

  const auto& defaults = source->generation_defaults();
  EXPECT_EQ(defaults.do_sample, true);
  EXPECT_EQ(defaults.temperature, 0.8);
  EXPECT_EQ(defaults.top_p, 0.8);
  EXPECT_EQ(defaults.top_k, std::nullopt);
  EXPECT_THAT(defaults.eos_token_ids, ElementsAre(2));

  const auto& tokenizer = source->tokenizer_data();
  EXPECT_TRUE(tokenizer.present);
  EXPECT_EQ(tokenizer.sentencepiece_model.size(), 16976u);
  EXPECT_EQ(tokenizer.named_tokens.at("sep_token"), "<|end_of_sentence|>");
  EXPECT_EQ(tokenizer.named_tokens.count("add_bos_token"), 0u);
  EXPECT_EQ(tokenizer.added_tokens.size(), 17u);
}

TEST(ModelSource, OpensAModelByAFileInsideItsFolder) {
  EXPECT_EQ(ModelSource::open(fixture("models/ernie4_5-tied/model.safetensors"))->config().num_layers, 3);
  EXPECT_EQ(ModelSource::open(fixture("models/ernie4_5-tied/config.json"))->config().num_layers, 3);
}

TEST(ModelSource, ReadsBf16WeightsAsTheyLie) {
  const auto source = ModelSource::open(fixture("models/ernie4_5-bf16"));
  const auto* embed = source->find("model.embed_tokens.weight");
  ASSERT_NE(embed, nullptr);
  EXPECT_EQ(embed->dtype, DType::BF16);
  EXPECT_EQ(embed->bytes.size(), 320u * 64u * 2u);
  EXPECT_FALSE(source->tokenizer_data().present);
  EXPECT_EQ(source->chat_template(), "");
}

// A copy of a small model that a test may damage.
void copy_model(const ScratchFolder& folder, const char* name = "models/ernie4_5-tied") {
  fs::copy(fixture(name), folder.path(), fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

TEST(ModelSource, SaysWhichFileIsMissing) {
  EXPECT_THAT(error_of([] { ModelSource::open("/nowhere/at/all"); }), HasSubstr("FileNotFound: There is no model at"));
  const ScratchFolder folder;
  EXPECT_THAT(error_of([&] { ModelSource::open(folder.path()); }),
              AllOf(HasSubstr("FileNotFound"), HasSubstr("config.json")));
  copy_model(folder);
  fs::remove(folder.path() / "model.safetensors");
  EXPECT_THAT(error_of([&] { ModelSource::open(folder.path()); }),
              AllOf(HasSubstr("FileNotFound"), HasSubstr("has no weights")));
  folder.write("pytorch_model.bin", "x");
  EXPECT_THAT(error_of([&] { ModelSource::open(folder.path()); }),
              AllOf(HasSubstr("UnsupportedModel"), HasSubstr("pickles")));
}

TEST(ModelSource, RefusesWhatIsNotARegularFile) {
  const ScratchFolder folder;
  copy_model(folder);
  fs::remove(folder.path() / "config.json");
  ASSERT_EQ(mkfifo((folder.path() / "config.json").c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { ModelSource::open(folder.path()); }), HasSubstr("not a regular file"));
  EXPECT_THAT(error_of([] { ModelSource::open("/dev/zero"); }), HasSubstr("not a regular file"));
}

TEST(ModelSource, ExplainsPaddle) {
  const ScratchFolder folder;
  copy_model(folder);
  folder.write("model.safetensors",
               safetensors_bytes(R"({"ernie.norm.weight":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "1"));
  EXPECT_THAT(error_of([&] { ModelSource::open(folder.path()); }), HasSubstr("-PT"));
}

TEST(ModelSource, RefusesATensorThatItsShardLacks) {
  const ScratchFolder folder;
  copy_model(folder, "models/ernie4_5-chat");
  auto index = nlohmann::json::parse(tests::read_bytes(folder.path() / "model.safetensors.index.json"));
  index["weight_map"]["model.extra.weight"] = "model-00002-of-00003.safetensors";
  folder.write("model.safetensors.index.json", index.dump());
  EXPECT_THAT(
      error_of([&] { ModelSource::open(folder.path()); }),
      AllOf(HasSubstr("CorruptFile"), HasSubstr("\"model.extra.weight\" is in model-00002-of-00003.safetensors")));
}

TEST(HfFiles, TakesTheTemplateFileBeforeTheConfig) {
  const ScratchFolder folder;
  folder.write("tokenizer_config.json", R"({"chat_template": "from config"})");
  EXPECT_EQ(engine::read_hf_chat_template(folder.path()), "from config");
  folder.write(
      "tokenizer_config.json",
      R"({"chat_template": [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": "plain"}]})");
  EXPECT_EQ(engine::read_hf_chat_template(folder.path()), "plain");
  folder.write("chat_template.jinja", "from file");
  EXPECT_EQ(engine::read_hf_chat_template(folder.path()), "from file");
  folder.write("chat_template.jinja", "\xff");
  EXPECT_THAT(error_of([&] { engine::read_hf_chat_template(folder.path()); }), HasSubstr("not valid UTF-8"));
}

TEST(HfFiles, TakesTokenizerModelBeforeTokenizerJson) {
  const ScratchFolder folder;
  EXPECT_THAT(error_of([&] { ModelSource::open_tokenizer(folder.path()); }),
              AllOf(HasSubstr("FileNotFound"), HasSubstr("neither tokenizer.model nor tokenizer.json")));
  folder.write("tokenizer.json", R"({"model": {"vocab": {"a": 0}, "merges": []},
                                     "added_tokens": [{"id": 1, "content": "<x>", "special": false}]})");
  folder.write("tokenizer_config.json", R"({"eos_token": "<x>"})");
  auto data = engine::read_hf_tokenizer(folder.path());
  EXPECT_TRUE(data.present);
  EXPECT_THAT(data.bpe.pieces, ElementsAre("a"));
  ASSERT_EQ(data.added_tokens.size(), 1u);
  EXPECT_TRUE(data.added_tokens[0].special);  // since it has a name
  EXPECT_EQ(ModelSource::open_tokenizer(folder.path() / "tokenizer.json").bpe.pieces.size(), 1u);
  folder.write("tokenizer.model", "x");
  data = engine::read_hf_tokenizer(folder.path());
  EXPECT_TRUE(data.bpe.pieces.empty());
  EXPECT_EQ(data.sentencepiece_model, "x");
}

TEST(HfFiles, CollectsAddedTokensFromAllFilesInOrder) {
  const ScratchFolder folder;
  folder.write("tokenizer.model", "x");
  folder.write(
      "tokenizer_config.json",
      R"({"added_tokens_decoder": {"7": {"content": "<a>", "special": false, "rstrip": true}, "8": {"content": ""}},
                   "bos_token": {"content": "<s>"}, "add_bos_token": false, "pad_token": null})");
  folder.write("added_tokens.json", R"({"<img>": 100295})");
  folder.write("special_tokens_map.json",
               R"({"bos_token": "<other>", "additional_special_tokens": ["<m>", {"content": "<a>"}]})");
  const auto data = engine::read_hf_tokenizer(folder.path());
  ASSERT_EQ(data.added_tokens.size(), 5u);
  EXPECT_EQ(data.added_tokens[0].content, "<a>");
  EXPECT_EQ(data.added_tokens[0].id, 7);
  EXPECT_TRUE(data.added_tokens[0].special);  // since special_tokens_map.json lists it
  EXPECT_TRUE(data.added_tokens[0].rstrip);
  EXPECT_EQ(data.added_tokens[1].content, "<img>");
  EXPECT_EQ(data.added_tokens[1].id, 100295);
  EXPECT_EQ(data.added_tokens[2].content, "<s>");
  EXPECT_EQ(data.added_tokens[2].id, engine::AddedToken::kIdByContent);
  EXPECT_EQ(data.named_tokens, (std::map<std::string, std::string>{{"bos_token", "<s>"}}));
}

TEST(HfFiles, RefusesAbsurdTokenIds) {
  const ScratchFolder folder;
  folder.write("tokenizer.model", "x");
  for (const char* key : {"99999999999999999999", "-1", "16777216", "7x", ""}) {
    folder.write("tokenizer_config.json",
                 nlohmann::json{{"added_tokens_decoder", {{key, {{"content", "<a>"}}}}}}.dump());
    EXPECT_THAT(error_of([&] { engine::read_hf_tokenizer(folder.path()); }),
                AllOf(HasSubstr("CorruptFile"), HasSubstr("token id")))
        << key;
  }
}

TEST(HfFiles, RefusesABrokenTokenizerConfigAndNamesIt) {
  const ScratchFolder folder;
  folder.write("m/tokenizer.model", "x");
  for (const std::string& text :
       {std::string("[]"), std::string("{"), std::string(R"({"a": 1, "a": 2})"), std::string(5000, '['),
        std::string("{\"a\": \"\xff\"}"), std::string(R"({"added_tokens_decoder": {"1": null}})"),
        std::string(R"({"added_tokens_decoder": {"1": {"content": 7}}})"),
        std::string(R"({"bos_token": {"content": ["x"]}})"), std::string(R"({"additional_special_tokens": [1]})")}) {
    folder.write("m/tokenizer_config.json", text);
    EXPECT_THAT(error_of([&] { engine::read_hf_tokenizer(folder.path() / "m"); }),
                HasSubstr("CorruptFile: m/tokenizer_config.json"))
        << text.substr(0, 60);
  }
}

TEST(ModelSource, OpensEveryModelOfTheCorpus) {
  SHARED_OR_SKIP(models, "models");
  int opened = 0;
  for (const auto& entry : fs::directory_iterator(models)) {
    const std::string name = entry.path().filename().string();
    const std::string error = error_of([&] { ModelSource::open(entry.path()); });
    EXPECT_EQ(error, "") << name;
    ++opened;
  }
  EXPECT_EQ(opened, 26);
}

// --- malformed corpus
// -------------------------------------------------------------------------------------------------

// Puts a malformed file in the place where a model folder would have it, opens the folder, and gives back the error.
std::string open_malformed(const fs::path& file, const std::string& kind) {
  const ScratchFolder folder;
  copy_model(folder);
  if (kind == "config") folder.write("config.json", tests::read_bytes(file));
  if (kind == "safetensors") return error_of([&] { engine::SafetensorsFiles::open_file(file); });
  if (kind == "index") {
    fs::remove(folder.path() / "model.safetensors");
    folder.write("model.safetensors.index.json", tests::read_bytes(file));
  }
  return error_of([&] { ModelSource::open(folder.path()); });
}

void check_malformed(const fs::path& root) {
  const auto index = nlohmann::json::parse(tests::read_bytes(root / "malformed/index.json"));
  int checked = 0;
  for (const auto& entry : index.at("files")) {
    const std::string kind = entry.at("kind");
    if (kind != "config" && kind != "safetensors" && kind != "index") continue;
    const std::string error = open_malformed(root / entry.at("file").get<std::string>(), kind);
    if (entry.at("expect") == "error") {
      EXPECT_NE(error, "") << entry.dump();
    }
    ++checked;
  }
  EXPECT_GE(checked, 51);
}

TEST(Malformed, EveryCommittedFileIsRefusedWithASentence) {
  check_malformed(fixture(""));
}

TEST(Malformed, EveryFileOfTheLargeCorpusIsRefusedWithASentence) {
  SHARED_OR_SKIP(index, "malformed/index.json");
  check_malformed(index.parent_path().parent_path());
}

TEST(Malformed, IndexErrorsNameTheShard) {
  EXPECT_THAT(open_malformed(fixture("malformed/index/index-traversal.json"), "index"),
              AllOf(HasSubstr("CorruptFile"), HasSubstr("model.safetensors.index.json: weight_map.model.norm.weight"),
                    HasSubstr("in the same folder")));
  EXPECT_THAT(open_malformed(fixture("malformed/index/index-absolute.json"), "index"), HasSubstr("/dev/zero"));
  EXPECT_THAT(open_malformed(fixture("malformed/index/index-missing-file.json"), "index"),
              HasSubstr("model-00009-of-00002"));
}

}  // namespace
