#include "templates/value.h"

#include <cmath>
#include <functional>
#include <unordered_map>

#include "templates/budget.h"
#include "templates/characters.h"
#include "templates/object.h"
#include "templates/operators.h"

namespace templates {

Value::Value(std::string text) : Value(MarkedText::from_caller(std::move(text))) {}

Value::Value(MarkedText text) : kind_(Kind::String) {
  payload_.shared = new StringData(std::move(text));
}

Value Value::user_text(std::string text) {
  return Value(MarkedText::from_caller(std::move(text)));
}

Value Value::template_text(std::string text) {
  return Value(MarkedText::from_template(std::move(text)));
}

Value Value::key_text(std::string key) {
  static const auto kWords = [] {
    std::unordered_map<std::string_view, Value> words;
    for (const char* word :
         {"role", "content", "reasoning_content", "thinking", "reasoning", "name", "type", "text", "function", "arguments",
          "tool_calls", "tool_call_id", "id", "metadata", "description", "parameters", "properties", "required"})
      words.emplace(word, user_text(word));
    return words;
  }();
  const auto word = kWords.find(key);
  return word == kWords.end() ? user_text(std::move(key)) : word->second;
}

Value Value::list() {
  return adopt(Kind::List, new ListData);
}

Value Value::tuple() {
  return adopt(Kind::Tuple, new ListData);
}

Value Value::dict() {
  return adopt(Kind::Dict, new DictData);
}

void Value::destroy() noexcept {
  Shared* shared = payload_.shared;
  if (kind_ == Kind::String) {
    delete shared;
    return;
  }
  std::vector<Value> pending;
  shared->take_children(pending);
  delete shared;
  while (!pending.empty()) {
    Value value = std::move(pending.back());
    pending.pop_back();
    if (!value.holds_shared()) continue;
    Shared* child = std::exchange(value.payload_.shared, nullptr);
    if (child == nullptr || child->references_.fetch_sub(1, std::memory_order_acq_rel) != 1) continue;
    child->take_children(pending);
    delete child;
  }
}

void Value::set_key(const Value& key, Value value, Budget& budget) {
  assert(is_dict() && is_only_holder());
  static_cast<DictData*>(payload_.shared)->set(key, std::move(value), &budget);
}

Object& Value::object() const {
  assert(is_object());
  return static_cast<Object&>(*payload_.shared);
}

std::size_t Value::size() const {
  if (is_sequence()) return list_data().items.size();
  return is_dict() ? dict_data().entries().size() : 0;
}

void Value::push_back(Value item) {
  assert(is_sequence());
  if (!is_only_holder()) *this = adopt(kind_, new ListData(list_data().items));
  static_cast<ListData*>(payload_.shared)->items.push_back(std::move(item));
}

void Value::set(std::string key, Value value) {
  assert(is_dict());
  if (!is_only_holder()) {
    auto* copy = new DictData;
    Value holder = adopt(Kind::Dict, copy);
    for (const auto& entry : dict_data().entries()) copy->set(entry.key, entry.value, nullptr);
    *this = std::move(holder);
  }
  static_cast<DictData*>(payload_.shared)->set(key_text(std::move(key)), std::move(value), nullptr);
}

const Value* Value::find(std::string_view key) const {
  return is_dict() ? dict_data().find(key) : nullptr;
}

Shared::~Shared() {
  if (budget_ != nullptr) budget_->memory_ -= charged_;
}

std::int64_t StringData::length() const {
  std::int64_t length = length_.load(std::memory_order_relaxed);
  if (length < 0) {
    length = static_cast<std::int64_t>(count_characters(text.text()));
    length_.store(length, std::memory_order_relaxed);
  }
  return length;
}

void ListData::take_children(std::vector<Value>& out) {
  for (Value& item : items) out.push_back(std::move(item));
  items.clear();
}

void DictData::take_children(std::vector<Value>& out) {
  for (Entry& entry : entries_) {
    out.push_back(std::move(entry.key));
    out.push_back(std::move(entry.value));
  }
  entries_.clear();
}

namespace {

// Up to this many entries are searched one by one.
constexpr std::size_t kFewEntries = 8;

std::size_t hash_text(std::string_view text) {
  return std::hash<std::string_view>{}(text);
}

}  // namespace

// The slot-independent search: the index of the entry that `same` accepts, or the count of entries.
template <class Same>
std::size_t DictData::locate(std::size_t hash, const Same& same) const {
  if (slots_.empty()) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (same(entries_[i].key)) return i;
    }
    return entries_.size();
  }
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    if (same(entries_[slots_[slot] - 1].key)) return slots_[slot] - 1;
  }
  return entries_.size();
}

const Value* DictData::find(std::string_view key) const {
  const std::size_t hash = slots_.empty() ? 0 : hash_text(key);
  const std::size_t found = locate(hash, [&](const Value& other) { return other.is_string() && other.text() == key; });
  return found < entries_.size() ? &entries_[found].value : nullptr;
}

const Value* DictData::find(const Value& key, Budget* budget) const {
  if (key.is_string()) return find(std::string_view(key.text()));
  const std::size_t hash = hash_key(key, budget);
  const std::size_t found = locate(hash, [&](const Value& other) { return same_key(key, other, budget); });
  return found < entries_.size() ? &entries_[found].value : nullptr;
}

void DictData::insert_slot(std::size_t hash, std::uint32_t entry) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash & mask;
  while (slots_[slot] != 0) slot = (slot + 1) & mask;
  slots_[slot] = entry + 1;
}

void DictData::rebuild(Budget* budget) {
  std::size_t size = 32;
  while (size < entries_.size() * 2) size *= 2;
  slots_.assign(size, 0);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) insert_slot(hash_key(entries_[i].key, budget), i);
}

void DictData::set(Value key, Value value, Budget* budget) {
  const std::size_t hash = hash_key(key, budget);
  const std::size_t found = locate(hash, [&](const Value& other) { return same_key(key, other, budget); });
  if (found < entries_.size()) {
    entries_[found].value = std::move(value);
    return;
  }
  entries_.push_back({std::move(key), std::move(value)});
  if (entries_.size() <= kFewEntries) return;
  if (entries_.size() * 4 > slots_.size() * 3)
    rebuild(budget);
  else
    insert_slot(hash, static_cast<std::uint32_t>(entries_.size() - 1));
}

}  // namespace templates
