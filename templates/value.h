#pragma once

#include <atomic>
#include <cassert>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "templates/marked_text.h"

namespace templates {

class Budget;
class Object;
class Shared;
class StringData;
class ListData;
class DictData;

// A value as templates see it. Scalars are held inside; texts, lists and dicts are shared between copies and counted,
// so a copy is cheap. Values that others hold too are never changed: set() and push_back() copy first where they must.
// Different threads may hold copies of one value; one Value object belongs to one thread at a time.
class Value {
 public:
  enum class Kind : std::uint8_t {
    Missing,    // inside the interpreter: no value at all; never seen by templates or callers
    Undefined,  // a name, attribute or item that does not exist
    None,
    Bool,
    Int,
    Float,
    String,
    List,
    Tuple,
    Dict,
    Object,  // everything else: functions, macros, ranges, namespaces, lazy sequences
  };

  // None.
  Value() = default;
  Value(std::nullptr_t) {}
  template <std::same_as<bool> T>
  Value(T value) : kind_(Kind::Bool) {
    payload_.boolean = value;
  }
  template <std::integral T>
  requires(!std::same_as<T, bool>) Value(T value) : kind_(Kind::Int) {
    payload_.integer = static_cast<std::int64_t>(value);
  }
  Value(double value) : kind_(Kind::Float) { payload_.real = value; }
  // Text of the caller, as user_text().
  Value(std::string text);
  Value(const char* text) : Value(std::string(text)) {}
  Value(MarkedText text);

  // Text that came from a person, a tool or a file: special tokens in it mean nothing. Must be valid UTF-8 to print
  // well.
  static Value user_text(std::string text);
  // Text the program vouches for, as if it stood in the template: bos_token, cls_token and the like.
  static Value template_text(std::string text);
  // Empty containers, to be filled with push_back() and set().
  static Value list();
  static Value tuple();
  static Value dict();

  Value(const Value& other) : kind_(other.kind_), payload_(other.payload_) { acquire(); }
  Value(Value&& other) noexcept : kind_(other.kind_), payload_(other.payload_) { other.kind_ = Kind::None; }
  Value& operator=(const Value& other) {
    Value copy(other);
    swap(copy);
    return *this;
  }
  Value& operator=(Value&& other) noexcept {
    swap(other);
    return *this;
  }
  ~Value() {
    if (holds_shared()) release();
  }
  void swap(Value& other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(payload_, other.payload_);
  }

  Kind kind() const { return kind_; }
  bool is_undefined() const { return kind_ == Kind::Undefined; }
  bool is_none() const { return kind_ == Kind::None; }
  bool is_bool() const { return kind_ == Kind::Bool; }
  bool is_int() const { return kind_ == Kind::Int; }
  bool is_float() const { return kind_ == Kind::Float; }
  bool is_string() const { return kind_ == Kind::String; }
  bool is_list() const { return kind_ == Kind::List; }
  bool is_tuple() const { return kind_ == Kind::Tuple; }
  bool is_sequence() const { return kind_ == Kind::List || kind_ == Kind::Tuple; }
  bool is_dict() const { return kind_ == Kind::Dict; }
  bool is_object() const { return kind_ == Kind::Object; }
  bool is_missing() const { return kind_ == Kind::Missing; }

  // Each only for a value of that kind.
  bool as_bool() const { return payload_.boolean; }
  std::int64_t as_int() const { return payload_.integer; }
  double as_float() const { return payload_.real; }
  const MarkedText& marked() const;
  const std::string& text() const { return marked().text(); }

  // Items of a list or tuple, entries of a dict; 0 for every other kind.
  std::size_t size() const;
  // Item of a list or tuple; `index` is below size().
  const Value& at(std::size_t index) const;
  // Adds to a list or tuple.
  void push_back(Value item);
  // Sets an entry of a dict: a new key comes last, a known one keeps its place. Keys are the caller's text.
  void set(std::string key, Value value);
  // The value under a text key of a dict, or null; stays valid while the dict is not changed.
  const Value* find(std::string_view key) const;

  // ---- for the interpreter and its functions ----

  static Value missing() {
    Value value;
    value.kind_ = Kind::Missing;
    return value;
  }
  // Takes over one reference to `data`, which fits the kind.
  static Value adopt(Kind kind, Shared* data) {
    Value value;
    value.kind_ = kind;
    value.payload_.shared = data;
    return value;
  }
  // One more value that holds `data`, which fits the kind.
  static Value share(Kind kind, Shared& data) {
    const Value held = adopt(kind, &data);
    held.acquire();
    return held;
  }
  // `key` as a key of the caller's, for searches: the words of chat messages are one text in all dicts, and so found
  // without a look at their letters.
  static Value key_text(std::string key);
  // As set(), with any key that can be hashed. Throws TemplateError.
  void set_key(const Value& key, Value value, Budget& budget);
  // Whether no other value holds the shared part.
  bool is_only_holder() const;
  // Null for an Undefined without a story.
  Shared* shared() const { return holds_shared() ? payload_.shared : nullptr; }
  const StringData& string_data() const;
  const ListData& list_data() const;
  const DictData& dict_data() const;
  Object& object() const;
  // The object as T, or null.
  template <class T>
  T* object_as() const;

 private:
  bool holds_shared() const { return kind_ >= Kind::String || kind_ == Kind::Undefined; }
  void acquire() const;
  void release() noexcept;
  // Frees the shared part, which no other value holds.
  void destroy() noexcept;

  union Payload {
    bool boolean;
    std::int64_t integer;
    double real;
    Shared* shared;
  };

  Kind kind_ = Kind::None;
  Payload payload_{.shared = nullptr};
};

// What texts, lists, dicts and objects have in common: a count of the values that hold them, and the budget of the
// rendering that made them (none for what the caller made).
class Shared {
 public:
  Shared() = default;
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  virtual ~Shared();

  // Moves the values held inside to `out`, so that long chains are freed in a loop and not by recursion.
  virtual void take_children(std::vector<Value>& out) { static_cast<void>(out); }

 private:
  friend class Value;
  friend class Budget;
  std::atomic<std::uint32_t> references_{1};
  Budget* budget_ = nullptr;
  std::size_t charged_ = 0;
};

class StringData final : public Shared {
 public:
  explicit StringData(MarkedText marked, bool is_safe = false) : text(std::move(marked)), safe(is_safe) {}
  // Characters (code points), counted once.
  std::int64_t length() const;
  bool ascii() const { return length() == static_cast<std::int64_t>(text.size()); }

  const MarkedText text;
  // Marked as safe HTML, which changes what `+` and some filters do with it.
  const bool safe;

 private:
  // -1: not counted yet. Threads that share the text may both count; they find the same.
  mutable std::atomic<std::int64_t> length_{-1};
};

class ListData final : public Shared {
 public:
  explicit ListData(std::vector<Value> values = {}) : items(std::move(values)) {}
  void take_children(std::vector<Value>& out) override;

  std::vector<Value> items;
  // A tuple of the groupby filter, whose parts also have names.
  bool group = false;
};

// An insertion-ordered dict. Keys are compared as Python does: 1, 1.0 and true are one key.
class DictData final : public Shared {
 public:
  struct Entry {
    Value key;
    Value value;
  };
  void take_children(std::vector<Value>& out) override;

  const std::vector<Entry>& entries() const { return entries_; }
  // Null where there is none. Throws TemplateError (Runtime) for a key that cannot be hashed. The budget may be null.
  const Value* find(const Value& key, Budget* budget) const;
  const Value* find(std::string_view key) const;
  // The same for a key made by Value::key_text.
  const Value* find_text(const StringData& key) const;
  void set(Value key, Value value, Budget* budget);
  // Bytes of memory held beyond the object itself.
  std::size_t memory() const { return entries_.capacity() * sizeof(Entry) + slots_.capacity() * sizeof(std::uint32_t); }

 private:
  template <class Same>
  std::size_t locate(std::size_t hash, const Same& same) const;
  void insert_slot(std::size_t hash, std::uint32_t entry);
  void rebuild(Budget* budget);

  std::vector<Entry> entries_;
  // Open addressing over entry index + 1; empty while there are few entries.
  std::vector<std::uint32_t> slots_;
};

inline void Value::acquire() const {
  if (holds_shared() && payload_.shared != nullptr)
    payload_.shared->references_.fetch_add(1, std::memory_order_relaxed);
}

inline void Value::release() noexcept {
  Shared* shared = payload_.shared;
  if (shared == nullptr) return;
  // Who holds the only reference can share it with nobody meanwhile: that is worth no atomic change.
  if (shared->references_.load(std::memory_order_acquire) == 1 ||
      shared->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
    destroy();
}

inline bool Value::is_only_holder() const {
  return payload_.shared->references_.load(std::memory_order_acquire) == 1;
}

inline const StringData& Value::string_data() const {
  assert(is_string());
  return static_cast<const StringData&>(*payload_.shared);
}

inline const ListData& Value::list_data() const {
  assert(is_sequence());
  return static_cast<const ListData&>(*payload_.shared);
}

inline const DictData& Value::dict_data() const {
  assert(is_dict());
  return static_cast<const DictData&>(*payload_.shared);
}

inline const MarkedText& Value::marked() const {
  return string_data().text;
}

inline const Value& Value::at(std::size_t index) const {
  return list_data().items[index];
}

inline const Value* DictData::find_text(const StringData& key) const {
  if (!slots_.empty()) return find(std::string_view(key.text.text()));
  for (const Entry& entry : entries_) {
    if (entry.key.shared() == &key) return &entry.value;
  }
  for (const Entry& entry : entries_) {
    if (entry.key.is_string() && entry.key.text() == key.text.text()) return &entry.value;
  }
  return nullptr;
}

}  // namespace templates
