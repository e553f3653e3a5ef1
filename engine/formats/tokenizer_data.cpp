#include "engine/formats/tokenizer_data.h"

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace engine {

MergeReader::MergeReader(BpeVocabulary& vocabulary) : vocabulary_(vocabulary) {
  ids_.reserve(vocabulary.pieces.size());
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    if (!vocabulary.pieces[id].empty()) ids_.emplace(vocabulary.pieces[id], static_cast<std::int32_t>(id));
  }
}

std::int32_t MergeReader::id_of(std::string_view piece, const std::string& where) const {
  if (const auto found = ids_.find(piece); found != ids_.end()) return found->second;
  throw Error(ErrorCode::CorruptFile, where + " names " + in_quotes(piece) + ", which the vocabulary lacks.");
}

void MergeReader::add(std::string_view left, std::string_view right, const std::string& where) {
  BpeVocabulary::Merge merge;
  merge.left = id_of(left, where);
  merge.right = id_of(right, where);
  merge.result = id_of(std::string(left) += right, where);
  vocabulary_.merges.push_back(merge);
}

void MergeReader::add(std::string_view both, const std::string& where) {
  const auto space = both.find(' ');
  if (space == both.npos || space == 0 || space + 1 == both.size() || both.find(' ', space + 1) != both.npos) {
    throw Error(ErrorCode::CorruptFile,
                where + " must be two pieces with one space between them, found " + in_quotes(both) + ".");
  }
  add(both.substr(0, space), both.substr(space + 1), where);
}

}  // namespace engine
