#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "templates/ast.h"
#include "templates/budget.h"
#include "templates/run.h"

namespace templates {

// a + b + c of plain texts, which need no text of their own for each +: written one after the other, or joined at once.
// Its parts stay valid until the next statement.
class TextSum {
 public:
  static constexpr std::size_t kMost = 8;
  // Whether the chain is a sum of so few operands that they fit.
  static bool fits(const ArithmeticChain& chain) { return chain.is_sum && chain.rest.size() < kMost; }

  // Where the next part is to be written; add() then takes it.
  TextPart& next() { return parts_[count_]; }
  void add() {
    bytes_ += parts_[count_].end - parts_[count_].begin;
    ++count_;
  }
  // A text that nothing else holds.
  void add(Value text);
  std::size_t count() const { return count_; }

  void write(TextBuilder& out) const { out.append(std::span(parts_.data(), count_), bytes_); }
  Value joined(Run& run) const;

 private:
  std::array<TextPart, kMost> parts_;
  std::vector<Value> held_;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace templates
