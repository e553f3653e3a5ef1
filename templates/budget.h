#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "templates/marked_text.h"
#include "templates/template.h"
#include "templates/value.h"

namespace templates {

// Counts what one rendering uses up and stops it when that is too much; everything a rendering makes is made here. One
// thread. Must outlive every value it made. All members throw TemplateError (Limit) naming what ran out.
class Budget {
 public:
  explicit Budget(const RenderOptions& options);
  Budget(const Budget&) = delete;
  Budget& operator=(const Budget&) = delete;

  // Counts steps; looks at the clock every some thousand.
  void work(std::uint64_t steps) {
    steps_ += steps;
    if (steps_ >= next_check_) check();
  }
  // Work that goes over so many bytes once (copy, search, compare).
  void work_on_bytes(std::size_t bytes) { work(1 + bytes / kBytesPerStep); }

  // Throws unless so many further bytes may be held.
  void require(std::size_t bytes) const {
    if (bytes > max_memory_ - memory_) fail_memory();
  }
  // Counts bytes held for a while, outside of values.
  void hold(std::size_t bytes) {
    require(bytes);
    memory_ += bytes;
  }
  void drop(std::size_t bytes) { memory_ -= bytes; }
  // Bytes that may still be held.
  std::size_t memory_left() const { return max_memory_ - memory_; }

  Value text(MarkedText text, bool safe = false);
  // Text of the template's own.
  Value text(std::string text) { return this->text(MarkedText::from_template(std::move(text))); }
  Value list(std::vector<Value> items, Value::Kind kind = Value::Kind::List);
  Value tuple(std::vector<Value> items) { return list(std::move(items), Value::Kind::Tuple); }
  // Takes over `data`, which nobody else holds.
  Value dict(DictData* data);
  // Takes over `object`, which nobody else holds; `extra` bytes are held beyond the object itself.
  template <class T>
  Value object(T* object, std::size_t extra = 0, Value::Kind kind = Value::Kind::Object) {
    Value value = Value::adopt(kind, object);
    charge(*object, sizeof(T) + extra);
    return value;
  }
  // Counts a change of what `shared` holds.
  void charge(Shared& shared, std::size_t bytes);

  int max_depth() const { return max_depth_; }
  std::size_t max_output() const { return max_output_; }

  // One level of nesting of our own functions for as long as it lives.
  class Level {
   public:
    explicit Level(Budget& budget) : budget_(budget) { budget.enter(); }
    ~Level() { --budget_.level_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    Budget& budget_;
  };

  [[noreturn]] void fail_memory() const;
  [[noreturn]] void fail_depth(const std::string& of_what) const;
  [[noreturn]] void fail_output() const;

 private:
  friend class Shared;
  static constexpr std::size_t kBytesPerStep = 64;
  // Nesting of our own functions. The macros of a template are counted apart, by RenderOptions::max_depth.
  static constexpr int kMaxLevel = 4000;
  // Whatever the frames of a build weigh: threads have stacks of 8 MiB.
  static constexpr std::ptrdiff_t kMaxStackBytes = std::ptrdiff_t{3} << 20;
  void check();
  void enter() {
    const auto* here = static_cast<const char*>(__builtin_frame_address(0));
    const std::ptrdiff_t used = here < stack_base_ ? stack_base_ - here : here - stack_base_;
    if (level_ >= kMaxLevel || used > kMaxStackBytes) fail_depth("levels of calls and nested values");
    ++level_;
  }

  std::uint64_t steps_ = 0;
  std::uint64_t next_check_;
  std::uint64_t max_steps_;
  std::size_t memory_ = 0;
  std::size_t max_memory_;
  std::size_t max_output_;
  int level_ = 0;
  int max_depth_;
  const char* stack_base_;
  std::chrono::milliseconds max_time_;
  std::chrono::nanoseconds started_;  // processor time of this thread
};

// A text being put together within the budget.
class TextBuilder {
 public:
  explicit TextBuilder(Budget& budget) : budget_(budget) {}
  // The output: bounded by its own limit, not by memory.
  TextBuilder(Budget& budget, std::size_t max_output) : budget_(budget), max_output_(max_output) {}
  TextBuilder(const TextBuilder&) = delete;
  TextBuilder& operator=(const TextBuilder&) = delete;
  ~TextBuilder() { budget_.drop(held_); }

  void append(std::string_view text, bool from_template) {
    grow(text.size());
    text_.append(text, from_template);
  }
  void append(const MarkedText& text, std::size_t begin, std::size_t end) {
    grow(end - begin);
    text_.append(text, begin, end);
  }
  void append(const MarkedText& text) {
    grow(text.size());
    text_.append(text);
  }
  // Parts that are `bytes` long together.
  void append(std::span<const TextPart> parts, std::size_t bytes) {
    grow(bytes);
    for (const TextPart& part : parts) text_.append(*part.text, part.begin, part.end);
  }
  // What the template or the language itself says.
  void say(std::string_view text) { append(text, true); }
  void repeat(std::string_view text, std::size_t times);

  // Makes room for so many bytes and spans at once; more may come.
  void expect(std::size_t bytes, std::size_t spans) {
    if (max_output_ == 0 && bytes > held_) hold(bytes);
    text_.reserve(bytes, spans);
  }

  Budget& budget() const { return budget_; }
  std::size_t size() const { return text_.size(); }
  const MarkedText& marked() const { return text_; }
  MarkedText take();
  Value take_value(bool safe = false) { return budget_.text(take(), safe); }

 private:
  void grow(std::size_t bytes) {
    budget_.work_on_bytes(bytes);
    if (max_output_ != 0) {
      if (bytes > max_output_ - text_.size()) budget_.fail_output();
    } else if (text_.size() + bytes > held_) {
      hold(text_.size() + bytes);
    }
  }
  void hold(std::size_t bytes);

  Budget& budget_;
  std::size_t max_output_ = 0;
  // Bytes counted in the budget; grows as a string's capacity does.
  std::size_t held_ = 0;
  MarkedText text_;
};

}  // namespace templates
