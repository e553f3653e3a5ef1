// Tokenizers of folders written as GGUF metadata and read back: the same ids, special tokens, ends and template.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <ostream>

#include "engine/generation/model_defaults.h"
#include "engine/quantize/quantize.h"
#include "engine/tokenizer/sentencepiece_model.h"
#include "engine/tokenizer/tokenizer.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"
#include "tests/support/tiny_model.h"

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Ids = std::vector<std::int32_t>;
using tests::ScratchFolder;

/// A small model with a tokenizer of the fixtures, and the same as a GGUF file. The logits are wider than the
/// tokenizer.
class WrittenTokenizer {
 public:
  WrittenTokenizer(const std::string& family, const std::vector<std::string>& left_out) {
    tests::TinyModel tiny;
    tiny.vocab_size = 1510;
    tests::write_tiny_model(folder_.path(), tiny);
    json config = json::parse(tests::read_bytes(folder_.path() / "config.json"));
    config["eos_token_id"] = {2, 700};  // one that nobody would guess
    folder_.write("config.json", config.dump());
    for (const auto& entry : fs::directory_iterator(tests::fixture("tokenizers/" + family))) {
      const std::string name = entry.path().filename();
      if (std::find(left_out.begin(), left_out.end(), name) == left_out.end())
        fs::copy(entry.path(), folder_.path() / name);
    }
    if (!fs::exists(folder_.path() / "chat_template.jinja")) folder_.write("chat_template.jinja", "{{ messages }} é");
    file = folder_.path() / "m.gguf";
  }

  void write() {
    const auto source = engine::ModelSource::open(folder_.path());
    engine::QuantizeOptions options;
    options.threads = 1;
    options.warn = [this](const std::string& sentence) { warnings.push_back(sentence); };
    ASSERT_TRUE(engine::quantize(*source, file, options).finished);
    before_source = engine::ModelSource::open(folder_.path());
    after_source = engine::ModelSource::open(file);
    before = engine::Tokenizer::create(before_source->tokenizer_data());
    after = engine::Tokenizer::create(after_source->tokenizer_data());
  }

  /// Changes tokenizer.json.
  void edit(const std::function<void(json&)>& change) {
    json text = json::parse(tests::read_bytes(folder_.path() / "tokenizer.json"));
    change(text);
    folder_.write("tokenizer.json", text.dump());
  }
  std::string refusal() {
    return tests::error_of([this] { write(); });
  }

  fs::path file;
  std::vector<std::string> warnings;
  std::unique_ptr<engine::ModelSource> before_source, after_source;
  std::unique_ptr<engine::Tokenizer> before, after;

 private:
  ScratchFolder folder_;
};

struct Kind {
  const char *name, *family;
  std::vector<std::string> left_out;
};
void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.name;
}
const Kind kKinds[] = {{"SentencePiece", "ernie", {"tokenizer.json"}},
                       {"MergesOfCharacters", "ernie", {"tokenizer.model"}},
                       {"MergesOfBytes", "glm4", {}}};

class QuantizeTokenizer : public testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, QuantizeTokenizer, testing::ValuesIn(kKinds),
                         [](const auto& kind) { return kind.param.name; });

TEST_P(QuantizeTokenizer, EncodesAsTheReference) {
  WrittenTokenizer written(GetParam().family, GetParam().left_out);
  written.write();
  EXPECT_THAT(written.warnings, testing::IsEmpty());
  const std::string file = std::string("tokenizers/") + GetParam().family + "_encode.json";
  const json cases = json::parse(tests::read_bytes(tests::fixture(file))).at("cases");
  ASSERT_GT(cases.size(), 100u);
  for (const json& one : cases) {
    const std::string text = one.at("text");
    EXPECT_EQ(written.after->encode(text, true), one.at("ids").get<Ids>()) << text;
    EXPECT_EQ(written.after->encode(text, false), one.at("ids_plain").get<Ids>()) << text;
    EXPECT_EQ(written.after->decode(one.at("ids").get<Ids>(), true), one.at("decoded_skip")) << text;
  }
}

TEST_P(QuantizeTokenizer, EveryIdIsWhatItWas) {
  WrittenTokenizer written(GetParam().family, GetParam().left_out);
  written.write();
  for (std::int32_t id = 0; id < 1510; ++id) {
    EXPECT_EQ(written.after->bytes_of(id), written.before->bytes_of(id)) << id;
    EXPECT_EQ(written.after->is_special(id), written.before->is_special(id)) << id;
    EXPECT_EQ(written.after->has_piece(id), written.before->has_piece(id)) << id;
  }
}

TEST_P(QuantizeTokenizer, EndsTemplateAndNamedTokensAreKept) {
  WrittenTokenizer written(GetParam().family, GetParam().left_out);
  written.write();
  const auto ends = [](const engine::ModelSource& source, const engine::Tokenizer* tokenizer) {
    return engine::end_of_sequence_ids(source.config(), source.generation_defaults(), source.tokenizer_data(),
                                       tokenizer);
  };
  const Ids expected = ends(*written.before_source, written.before.get());
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(ends(*written.after_source, written.after.get()), expected);
  EXPECT_EQ(written.after_source->chat_template(), written.before_source->chat_template());
  EXPECT_FALSE(written.after_source->chat_template().empty());
  for (const auto& [name, content] : written.before_source->tokenizer_data().named_tokens) {
    const auto& after = written.after_source->tokenizer_data().named_tokens;
    ASSERT_TRUE(after.contains(name)) << name;
    EXPECT_EQ(after.at(name), content);
  }
}

TEST(QuantizeTokenizerOf, AModelWithoutOneHasNone) {
  const ScratchFolder scratch;
  tests::write_tiny_model(scratch.path(), {});
  const fs::path out = scratch.path() / "m.gguf";
  ASSERT_TRUE(engine::quantize(*engine::ModelSource::open(scratch.path()), out, {}).finished);
  EXPECT_FALSE(engine::ModelSource::open(out)->tokenizer_data().present);
}

TEST(QuantizeTokenizerOf, ASpaceInFrontIsKept) {
  WrittenTokenizer written("ernie", {"tokenizer.model"});
  written.edit([](json& text) {
    text["normalizer"] = {{"type", "Sequence"},
                          {"normalizers",
                           {{{"type", "Prepend"}, {"prepend", "\u2581"}},
                            {{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", "\u2581"}}}}};
  });
  written.write();
  for (const char* text : {"hello", " hello", "the 12 of them", "你好 world"}) {
    EXPECT_EQ(written.after->encode(text, false), written.before->encode(text, false)) << text;
  }
}

TEST(QuantizeTokenizerOf, MergesThatScoresCannotSayAreRefused) {
  WrittenTokenizer missing("ernie", {"tokenizer.model"});
  missing.edit([](json& text) {
    json& merges = text["model"]["merges"];
    merges.erase(merges.size() / 2);
  });
  EXPECT_THAT(missing.refusal(),
              testing::AllOf(testing::HasSubstr("UnsupportedModel"), testing::HasSubstr("do not make")));
  EXPECT_FALSE(fs::exists(missing.file));
}

TEST(QuantizeTokenizerOf, OtherByteLevelOnesAreRefused) {
  WrittenTokenizer written("glm4", {});
  written.edit([](json& text) { text["normalizer"] = {{"type", "NFC"}}; });
  EXPECT_THAT(written.refusal(), testing::HasSubstr("not those of GLM-4"));
}

TEST(QuantizeTokenizerOf, SpacesSwallowedByATokenAreWarnedOf) {
  WrittenTokenizer written("glm4", {});
  written.edit([](json& text) { text["added_tokens"][0]["lstrip"] = true; });
  written.write();
  ASSERT_EQ(written.warnings.size(), 1u);
  EXPECT_THAT(written.warnings[0], testing::HasSubstr("swallows spaces"));
}

TEST(QuantizeTokenizerOf, NormalisationIsKept) {
  // The same pieces in a model that removes spaces: NormalizerSpec {add_dummy_prefix, remove_extra_whitespaces}.
  const std::string bytes = tests::read_bytes(tests::fixture("tokenizers/ernie/tokenizer.model"));
  const auto model = engine::parse_sentencepiece_model(bytes, "m");
  engine::PieceVocabulary list;
  for (const auto& piece : model.pieces) {
    list.pieces.push_back(piece.text);
    list.scores.push_back(piece.score);
    list.types.push_back(static_cast<std::int32_t>(piece.type));
  }
  list.add_space_prefix = true;
  list.remove_extra_spaces = true;
  const ScratchFolder scratch;
  tests::TinyModel tiny;
  tiny.vocab_size = 1510;
  tests::write_tiny_model(scratch.path(), tiny);
  scratch.write("tokenizer.model", engine::model_of_pieces(list));
  const fs::path out = scratch.path() / "m.gguf";
  std::vector<std::string> warnings;
  engine::QuantizeOptions options;
  options.warn = [&warnings](const std::string& sentence) { warnings.push_back(sentence); };
  ASSERT_TRUE(engine::quantize(*engine::ModelSource::open(scratch.path()), out, options).finished);
  EXPECT_THAT(warnings, testing::ElementsAre(testing::HasSubstr("llama.cpp does not")));
  const auto before =
      engine::Tokenizer::create(engine::ModelSource::open_tokenizer(scratch.path() / "tokenizer.model"));
  const auto after = engine::Tokenizer::create(engine::ModelSource::open_tokenizer(out));
  EXPECT_EQ(before->encode("  a   b ", false), before->encode("a b", false));
  for (const char* text : {"  a   b ", "the  cat", "x"})
    EXPECT_EQ(after->encode(text, false), before->encode(text, false));
}

}  // namespace
