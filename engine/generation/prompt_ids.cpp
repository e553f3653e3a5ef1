#include "engine/generation/prompt_ids.h"

#include <string>
#include <string_view>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace engine {

namespace {

/// Gathers text until a control token, or a reply that is given as ids, ends it.
class Runs {
 public:
  explicit Runs(const Tokenizer* tokenizer) : tokenizer_(tokenizer) {}

  void add_text(std::size_t piece, std::string_view text) {
    if (text.empty()) return;
    plain_ += text;
    open_.parts.push_back({piece, std::string(text)});
  }
  void add_ids(std::size_t piece, std::string_view text, bool control, std::vector<std::int32_t> ids) {
    close();
    runs_.push_back({{{piece, std::string(text)}}, control, std::move(ids)});
  }
  std::vector<PromptRun> finish() && {
    close();
    return std::move(runs_);
  }

 private:
  void close() {
    if (plain_.empty()) return;
    open_.ids = tokenizer_->encode(plain_, false);
    runs_.push_back(std::move(open_));
    open_ = {};
    plain_.clear();
  }

  const Tokenizer* tokenizer_;
  std::vector<PromptRun> runs_;
  PromptRun open_;
  std::string plain_;  // the text of open_
};

}  // namespace

std::vector<PromptRun> prompt_runs(const Tokenizer* tokenizer, const std::vector<PromptPiece>& pieces) {
  Runs runs(tokenizer);
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const PromptPiece& piece = pieces[i];
    if (!piece.ids.empty()) {
      runs.add_ids(i, piece.text, false, piece.ids);
      continue;
    }
    if (piece.text.empty()) continue;
    if (!tokenizer) {
      throw Error(ErrorCode::InvalidRequest,
                  "The model brings no tokenizer, so a prompt can be given as token ids only.");
    }
    if (!piece.parse_special) {
      runs.add_text(i, piece.text);
      continue;
    }
    const std::string text = replace_invalid_utf8(piece.text);
    for (const Tokenizer::Section& section : tokenizer->split(text)) {
      if (section.id) {
        runs.add_ids(i, section.text, true, {*section.id});
      } else {
        runs.add_text(i, section.text);
      }
    }
  }
  return std::move(runs).finish();
}

std::vector<std::int32_t> prompt_ids(const Tokenizer* tokenizer, const std::vector<PromptPiece>& pieces) {
  std::vector<std::int32_t> ids;
  for (const PromptRun& run : prompt_runs(tokenizer, pieces)) ids.insert(ids.end(), run.ids.begin(), run.ids.end());
  return ids;
}

}  // namespace engine
