#include "engine/quantize/piece_table.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace engine {

namespace {

[[noreturn]] void unsupported(const std::string& source, const std::string& what) {
  throw Error(ErrorCode::UnsupportedModel, source + ": " + what + ".");
}

}  // namespace

PieceTable::PieceTable(std::size_t size)
    : texts(size), scores(size, 0.0f), types(size, static_cast<std::int32_t>(PieceType::Unused)) {}

void PieceTable::put(std::size_t id, const std::string& text, float score, PieceType type, const std::string& source) {
  if (id >= texts.size()) {
    unsupported(source, "the piece " + in_quotes(text) + " has the id " + std::to_string(id) +
                            ", but the model has logits for " + std::to_string(texts.size()) + " ids only");
  }
  texts[id] = text;
  scores[id] = score;
  types[id] = static_cast<std::int32_t>(type);
}

void PieceTable::finish(const TokenizerData& data, const Tokenizer& tokenizer, const std::string& source) {
  constexpr float kAddedScore = -1000.0f;  // no merge makes an added token; as llama.cpp's converter has it
  for (const AddedToken& token : data.added_tokens) {
    const auto id = tokenizer.id_of(token.content);
    // Ids beyond the logits are never seen nor drawn: there is nothing to keep.
    if (!id || *id < 0 || static_cast<std::size_t>(*id) >= texts.size()) continue;
    const auto at = static_cast<std::size_t>(*id);
    const auto type = static_cast<PieceType>(types[at]);
    if (type == PieceType::Unknown || type == PieceType::Byte) continue;
    const bool is_new = type == PieceType::Unused;
    put(at, token.content, is_new ? kAddedScore : scores[at], PieceType::UserDefined, source);
  }
  for (std::size_t id = 0; id < texts.size(); ++id) {
    const auto type = static_cast<PieceType>(types[id]);
    if (type == PieceType::Unknown || type == PieceType::Unused) continue;
    if (tokenizer.is_special(static_cast<std::int32_t>(id))) types[id] = static_cast<std::int32_t>(PieceType::Control);
  }
  std::unordered_set<std::string_view> known;
  for (const std::string& text : texts) {
    if (!text.empty() && !known.insert(text).second) {
      unsupported(source, "the token " + in_quotes(text) + " has two ids, which GGUF has no room for");
    }
  }
  for (std::size_t id = 0; id < texts.size(); ++id) {
    if (!texts[id].empty()) continue;
    std::string text = "[PAD" + std::to_string(id) + "]";
    while (known.contains(text)) text += "_";
    texts[id] = std::move(text);
  }
}

std::vector<float> scores_of_merges(const BpeVocabulary& vocabulary, const std::vector<bool>& is_control) {
  constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();
  struct Ranks {
    std::size_t first = kNever, last = 0;
  };
  const std::vector<std::string>& pieces = vocabulary.pieces;
  std::unordered_map<std::string_view, std::size_t> ids;
  for (std::size_t id = 0; id < pieces.size(); ++id) {
    if (!pieces[id].empty() && !is_control[id]) ids.emplace(pieces[id], id);
  }
  std::vector<Ranks> ranks(pieces.size());
  std::unordered_set<std::uint64_t> pairs;
  const auto pair_of = [](std::size_t left, std::size_t right) { return std::uint64_t{left} << 32 | right; };
  for (std::size_t rank = 0; rank < vocabulary.merges.size(); ++rank) {
    const BpeVocabulary::Merge& merge = vocabulary.merges[rank];
    const auto left = static_cast<std::size_t>(merge.left), right = static_cast<std::size_t>(merge.right);
    const auto result = static_cast<std::size_t>(merge.result);
    if (is_control[left] || is_control[right] || is_control[result]) continue;
    ranks[result].first = std::min(ranks[result].first, rank);
    ranks[result].last = rank;
    pairs.insert(pair_of(left, right));
  }

  std::vector<std::size_t> by_rank;
  for (std::size_t id = 0; id < pieces.size(); ++id) {
    const std::string_view text = pieces[id];
    for (std::size_t cut = 1; !is_control[id] && cut < text.size(); ++cut) {
      const auto left = ids.find(text.substr(0, cut)), right = ids.find(text.substr(cut));
      if (left == ids.end() || right == ids.end() || pairs.contains(pair_of(left->second, right->second))) continue;
      unsupported(vocabulary.source,
                  "its merges do not make " + in_quotes(text) + " of " + in_quotes(left->first) + " and " +
                      in_quotes(right->first) +
                      ", which a GGUF vocabulary cannot say; a tokenizer.model of this model would do");
    }
    if (ranks[id].first != kNever) by_rank.push_back(id);
  }
  std::sort(by_rank.begin(), by_rank.end(),
            [&ranks](std::size_t a, std::size_t b) { return ranks[a].first < ranks[b].first; });
  std::vector<float> scores(pieces.size(), 0.0f);
  for (std::size_t i = 0; i < by_rank.size(); ++i) {
    if (i > 0 && ranks[by_rank[i - 1]].last > ranks[by_rank[i]].first) {
      unsupported(vocabulary.source,
                  "the merges of " + in_quotes(pieces[by_rank[i - 1]]) + " and of " + in_quotes(pieces[by_rank[i]]) +
                      " take turns, which a GGUF vocabulary cannot say; a tokenizer.model of this model would do");
    }
    scores[by_rank[i]] = -static_cast<float>(i + 1);
  }
  return scores;
}

}  // namespace engine
