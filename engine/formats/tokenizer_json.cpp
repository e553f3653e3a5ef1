#include "engine/formats/tokenizer_json.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace engine {

namespace {

constexpr std::int64_t kMaxPieceId = (std::int64_t{1} << 20) - 1;  // the largest published vocabularies have a quarter
constexpr std::int64_t kMaxTokenId = (std::int64_t{1} << 24) - 1;

constexpr std::size_t kMaxSteps = 32;  // of a normaliser or pre-tokeniser; published ones have at most some five

constexpr std::string_view kSpaceSymbol = "\u2581";
// GPT-2's own pattern, which a ByteLevel step with use_regex splits by.
constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

[[noreturn]] void refuse_part(const Json& part, const std::string& type) {
  throw Error(ErrorCode::UnsupportedModel,
              part.where() + " is of the type " + in_quotes(type) + ", which this version of Sotto does not run.");
}

void refuse_many_steps(const Json& part, std::size_t steps) {
  if (steps < kMaxSteps) return;
  throw Error(ErrorCode::CorruptFile,
              part.where() + " is one step more than the " + std::to_string(kMaxSteps) + " that are accepted.");
}

std::string type_of(const Json& part) {
  if (!part.is_object()) part.refuse("an object");
  return part.at("type").as_string();
}

struct Pattern {
  std::string text;
  bool is_regex = false;
};

// {"String": "..."} or {"Regex": "..."}
Pattern read_pattern(const Json& value) {
  if (!value.is_object()) value.refuse("an object");
  if (const auto text = value.find_string("String")) return {*text, false};
  return {value.at("Regex").as_string(), true};
}

void read_normalizer(const Json& part, std::vector<NormalizerStep>& steps) {
  const std::string type = type_of(part);
  NormalizerStep step;
  if (type == "Sequence") {
    for (const Json& inner : part.at("normalizers").elements()) read_normalizer(inner, steps);
    return;
  }
  if (type == "Replace") {
    const Pattern pattern = read_pattern(part.at("pattern"));
    step.kind = NormalizerStep::Kind::Replace;
    step.pattern = pattern.text;
    step.is_regex = pattern.is_regex;
    step.content = part.at("content").as_string();
  } else if (type == "Prepend") {
    step.kind = NormalizerStep::Kind::Prepend;
    step.content = part.at("prepend").as_string();
  } else if (type == "NFC") {
    step.kind = NormalizerStep::Kind::Nfc;
  } else {
    refuse_part(part, type);
  }
  refuse_many_steps(part, steps.size());
  steps.push_back(std::move(step));
}

SplitStep::Behavior read_behavior(const Json& value) {
  using Behavior = SplitStep::Behavior;
  constexpr std::array<std::pair<std::string_view, Behavior>, 5> known = {
      {{"Isolated", Behavior::Isolated},
       {"Removed", Behavior::Removed},
       {"MergedWithPrevious", Behavior::MergedWithPrevious},
       {"MergedWithNext", Behavior::MergedWithNext},
       {"Contiguous", Behavior::Contiguous}}};
  for (const auto& [name, behavior] : known) {
    if (value.as_string() == name) return behavior;
  }
  value.refuse("Isolated, Removed, MergedWithPrevious, MergedWithNext or Contiguous");
}

void read_byte_level(const Json& part, BpeVocabulary& vocabulary) {
  vocabulary.byte_level = true;
  if (part.find_bool("add_prefix_space").value_or(true)) {
    SplitStep prefix;
    prefix.prefix_space = true;
    vocabulary.splits.push_back(prefix);
  }
  if (part.find_bool("use_regex").value_or(true)) {
    SplitStep split;
    split.pattern = kGpt2Pattern;
    vocabulary.splits.push_back(split);
  }
}

void read_pre_tokenizer(const Json& part, BpeVocabulary& vocabulary) {
  const std::string type = type_of(part);
  if (vocabulary.byte_level) {
    throw Error(ErrorCode::UnsupportedModel,
                part.where() + " stands behind the ByteLevel step; this version of Sotto runs that one last only.");
  }
  SplitStep step;
  if (type == "Sequence") {
    for (const Json& inner : part.at("pretokenizers").elements()) read_pre_tokenizer(inner, vocabulary);
    return;
  }
  if (type == "ByteLevel") {
    read_byte_level(part, vocabulary);
    return;
  }
  if (type == "Split") {
    const Pattern pattern = read_pattern(part.at("pattern"));
    step.pattern = pattern.text;
    step.is_regex = pattern.is_regex;
    step.behavior = read_behavior(part.at("behavior"));
    step.invert = part.find_bool("invert").value_or(false);
  } else if (type == "Digits") {
    step.pattern = R"(\p{N})";
    const bool one_by_one = part.find_bool("individual_digits").value_or(false);
    step.behavior = one_by_one ? SplitStep::Behavior::Isolated : SplitStep::Behavior::Contiguous;
  } else {
    refuse_part(part, type);
  }
  refuse_many_steps(part, vocabulary.splits.size());
  vocabulary.splits.push_back(std::move(step));
}

// Decoding joins what the pieces stand for; a decoder only says what that is. Strip, which takes a leading space from a
// whole text, is the business of whoever shows a reply.
void read_decoder(const Json& part, BpeVocabulary& vocabulary) {
  const std::string type = type_of(part);
  if (type == "Sequence") {
    for (const Json& inner : part.at("decoders").elements()) read_decoder(inner, vocabulary);
  } else if (type == "Replace") {
    const Pattern pattern = read_pattern(part.at("pattern"));
    if (pattern.is_regex || pattern.text != kSpaceSymbol || part.at("content").as_string() != " ") {
      throw Error(
          ErrorCode::UnsupportedModel,
          part.where() + " replaces something else than U+2581 by a space, which this version of Sotto does not.");
    }
    vocabulary.space_symbol = true;
  } else if (type == "ByteLevel") {
    if (!vocabulary.byte_level) {
      throw Error(ErrorCode::UnsupportedModel, part.where() + " is ByteLevel, but the pre_tokenizer is not.");
    }
  } else if (type != "ByteFallback" && type != "Fuse" && type != "Strip") {
    refuse_part(part, type);
  }
}

// A text that other engines would add to every piece, or a share of merges that they would leave out.
void refuse_unknown_options(const Json& model) {
  if (const auto type = model.find_string("type"); type && *type != "BPE") refuse_part(model, *type);
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    if (const auto text = model.find(key); text && !text->as_string().empty()) {
      throw Error(ErrorCode::UnsupportedModel,
                  text->where() + " is " + text->found() + "; this version of Sotto runs vocabularies without one.");
    }
  }
  if (const auto dropout = model.find("dropout"); dropout && dropout->as_number(0, 1) > 0) {
    throw Error(ErrorCode::UnsupportedModel,
                dropout->where() + " is " + dropout->found() + "; leaving out merges at random is for training only.");
  }
}

void read_pieces(const Json& vocab, std::vector<std::string>& pieces) {
  for (const auto& [text, value] : vocab.members()) {
    const auto id = static_cast<std::size_t>(value.as_integer(0, kMaxPieceId));
    if (id >= pieces.size()) pieces.resize(id + 1);
    if (!pieces[id].empty()) {
      throw Error(ErrorCode::CorruptFile, value.where() + " has the id " + std::to_string(id) + ", which " +
                                              in_quotes(pieces[id]) + " has too.");
    }
    pieces[id] = text;
  }
}

// Every merge as "left right" or ["left", "right"].
void read_merges(const Json& merges, BpeVocabulary& vocabulary) {
  MergeReader reader(vocabulary);
  for (const Json& merge : merges.elements()) {
    if (merge.is_string()) {
      reader.add(merge.as_string(), merge.where());
      continue;
    }
    const auto parts = merge.is_array() ? merge.elements() : std::vector<Json>();
    if (parts.size() != 2) merge.refuse("two pieces");
    reader.add(parts[0].as_string(), parts[1].as_string(), merge.where());
  }
}

void read_model(const Json& model, BpeVocabulary& vocabulary) {
  if (!model.is_object()) model.refuse("an object");
  refuse_unknown_options(model);
  read_pieces(model.at("vocab"), vocabulary.pieces);
  if (vocabulary.pieces.empty()) model.at("vocab").refuse("a vocabulary with pieces");
  read_merges(model.at("merges"), vocabulary);
  vocabulary.byte_fallback = model.find_bool("byte_fallback").value_or(false);
  vocabulary.fuse_unknown = model.find_bool("fuse_unk").value_or(false);
  vocabulary.ignore_merges = model.find_bool("ignore_merges").value_or(false);
  if (const auto unknown = model.find_string("unk_token"); unknown && !unknown->empty()) {
    vocabulary.unknown_id = static_cast<std::int32_t>(model.at("vocab").at(*unknown).as_integer(0, kMaxPieceId));
  }
}

AddedToken read_added_token(const Json& value) {
  if (!value.is_object()) value.refuse("an object");
  AddedToken token;
  token.id = static_cast<std::int32_t>(value.at("id").as_integer(0, kMaxTokenId));
  token.content = value.at("content").as_string();
  token.special = value.find_bool("special").value_or(false);
  token.lstrip = value.find_bool("lstrip").value_or(false);
  token.rstrip = value.find_bool("rstrip").value_or(false);
  token.single_word = value.find_bool("single_word").value_or(false);
  token.normalized = value.find_bool("normalized").value_or(false);
  return token;
}

}  // namespace

std::vector<AddedToken> read_tokenizer_json(const Json& json, BpeVocabulary& vocabulary) {
  if (!json.is_object()) json.refuse("an object");
  vocabulary.source = json.where();
  read_model(json.at("model"), vocabulary);
  if (const auto normalizer = json.find("normalizer")) read_normalizer(*normalizer, vocabulary.normalizer);
  if (const auto pre_tokenizer = json.find("pre_tokenizer")) read_pre_tokenizer(*pre_tokenizer, vocabulary);
  if (const auto decoder = json.find("decoder")) read_decoder(*decoder, vocabulary);
  std::vector<AddedToken> tokens;
  if (const auto added = json.find("added_tokens")) {
    for (const Json& value : added->elements()) tokens.push_back(read_added_token(value));
  }
  return tokens;
}

}  // namespace engine
