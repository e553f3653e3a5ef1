#include <algorithm>
#include <optional>

#include "templates/arithmetic.h"
#include "templates/attribute_path.h"
#include "templates/filters.h"
#include "templates/iteration.h"
#include "templates/objects.h"
#include "templates/operators.h"
#include "templates/printing.h"
#include "templates/undefined.h"

namespace templates {

namespace {

using Call = Builtin::Call;

// A lazy sequence over the items of another; the way through the source begins at the first item asked for.
class FromSource : public Iterator {
 public:
  explicit FromSource(Value source) : source_(std::move(source)) {}
  void take_children(std::vector<Value>& out) override { out.push_back(std::move(source_)); }
  bool next(Run& run, Value& out) final {
    if (done_) return false;
    const Budget::Level level(run.budget);
    done_ = true;  // stays so if a step throws
    done_ = !step(run, out);
    return !done_;
  }

 protected:
  virtual bool step(Run& run, Value& out) = 0;
  // As the reference does, an empty or undefined source is not even looked at.
  bool pull(Run& run, Value& out) {
    if (!cursor_) {
      Value iterator = make_iterator(run, source_);
      source_ = Value();
      cursor_ = std::move(iterator);
    }
    return cursor_->object_as<Iterator>()->next(run, out);
  }
  Value source_;

 private:
  std::optional<Value> cursor_;
  bool done_ = false;
};

// A filter or test called by name, with arguments fixed beforehand.
struct NamedCall {
  Value name;
  Arguments arguments;
  const Builtin* builtin = nullptr;  // found when it is first needed

  Value apply(Run& run, bool test, const Value& item) {
    if (!name.is_string()) fail(repr(run, name) + (test ? " is no name of a test" : " is no name of a filter"));
    if (builtin == nullptr) builtin = test ? find_test(name.text()) : find_filter(name.text());
    if (builtin == nullptr) fail(std::string("No ") + (test ? "test" : "filter") + " named '" + name.text() + "'.");
    return call_builtin(run, *builtin, item, arguments);
  }
};

// The arguments from number `first` on, as those of a filter or test to call.
NamedCall named_call(const Arguments& given, std::size_t first) {
  NamedCall call{given.positional[first], {}, nullptr};
  call.arguments.positional.assign(given.positional.begin() + static_cast<std::ptrdiff_t>(first) + 1,
                                   given.positional.end());
  call.arguments.keywords = given.keywords;
  return call;
}

class MapSequence final : public FromSource {
 public:
  MapSequence(Value source, Arguments given) : FromSource(std::move(source)), given_(std::move(given)) {}

 private:
  void prepare(Run& run) {
    const Value* attribute = given_.positional.empty() ? given_.keyword("attribute") : nullptr;
    if (attribute == nullptr) {
      if (given_.positional.empty()) fail("map requires a filter argument");
      call_ = named_call(given_, 0);
      return;
    }
    for (const auto& [name, value] : given_.keywords) {
      if (name != "attribute" && name != "default") fail("Unexpected keyword argument '" + name + "'");
    }
    path_.emplace(run, *attribute);
    if (const Value* value = given_.keyword("default")) otherwise_ = *value;
  }

  bool step(Run& run, Value& out) override {
    if (!path_ && !call_) {
      if (!templates::truth(source_)) return false;
      prepare(run);
    }
    Value item;
    if (!pull(run, item)) return false;
    out = path_ ? path_->follow(run, item, otherwise_) : call_->apply(run, false, item);
    return true;
  }

  Arguments given_;
  std::optional<AttributePath> path_;
  std::optional<NamedCall> call_;
  Value otherwise_ = Value::missing();
};

class SelectSequence final : public FromSource {
 public:
  SelectSequence(Value source, Arguments given, bool by_attribute, bool wanted)
      : FromSource(std::move(source)), given_(std::move(given)), by_attribute_(by_attribute), wanted_(wanted) {}

 private:
  bool step(Run& run, Value& out) override {
    if (!prepared_) {
      if (!templates::truth(source_)) return false;
      if (by_attribute_ && given_.positional.empty()) fail("Missing parameter for attribute name");
      if (by_attribute_) path_.emplace(run, given_.positional[0]);
      const std::size_t first = by_attribute_ ? 1 : 0;
      if (given_.positional.size() > first) call_ = named_call(given_, first);
      prepared_ = true;
    }
    while (pull(run, out)) {
      const Value subject = path_ ? path_->follow(run, out) : out;
      if (templates::truth(call_ ? call_->apply(run, true, subject) : subject) == wanted_) return true;
    }
    return false;
  }

  Arguments given_;
  bool by_attribute_;
  bool wanted_;
  bool prepared_ = false;
  std::optional<AttributePath> path_;
  std::optional<NamedCall> call_;
};

class UniqueSequence final : public FromSource {
 public:
  UniqueSequence(Value source, Value attribute, bool case_sensitive)
      : FromSource(std::move(source)), attribute_(std::move(attribute)), case_sensitive_(case_sensitive) {}

 private:
  bool step(Run& run, Value& out) override {
    const AttributePath path(run, attribute_);
    while (pull(run, out)) {
      Value key = path.follow(run, out);
      if (!case_sensitive_) key = without_case(run, key);
      if (seen_.find(key, &run.budget) != nullptr) continue;
      run.budget.charge(*this, 2 * sizeof(DictData::Entry));
      seen_.set(std::move(key), Value(), &run.budget);
      return true;
    }
    return false;
  }

  Value attribute_;
  bool case_sensitive_;
  DictData seen_;
};

class BatchSequence final : public FromSource {
 public:
  BatchSequence(Value source, Value size, Value fill)
      : FromSource(std::move(source)), size_(std::move(size)), fill_(std::move(fill)) {}

 private:
  // A batch is full when the next item comes; a size that no batch reaches leaves one batch of everything.
  bool step(Run& run, Value& out) override {
    std::vector<Value> batch;
    if (held_) batch.push_back(*std::exchange(held_, std::nullopt));
    for (Value item; pull(run, item);) {
      if (equals_size(batch.size())) {
        held_ = std::move(item);
        out = run.budget.list(std::move(batch));
        return true;
      }
      if (batch.size() == batch.capacity()) run.budget.require(batch.size() * 2 * sizeof(Value));
      batch.push_back(std::move(item));
    }
    if (batch.empty()) return false;
    const Value length(batch.size());
    if (!fill_.is_none() && templates::less(run, length, size_)) {
      const auto missing = static_cast<std::uint64_t>(as_index(run, size_)) - batch.size();
      if (missing > run.budget.memory_left() / sizeof(Value)) run.budget.fail_memory();
      run.budget.work(missing);
      batch.insert(batch.end(), missing, fill_);
    }
    out = run.budget.list(std::move(batch));
    return true;
  }

  bool equals_size(std::size_t length) const { return is_number(size_) && compare_numbers(size_, Value(length)) == 0; }

  Value size_;
  Value fill_;
  std::optional<Value> held_;
};

class SliceSequence final : public FromSource {
 public:
  SliceSequence(Value source, Value slices, Value fill)
      : FromSource(std::move(source)), asked_(std::move(slices)), fill_(std::move(fill)) {}

 private:
  bool step(Run& run, Value& out) override {
    if (!items_) {
      items_ = run.budget.list(collect(run, source_));
      slices_ = as_index(run, asked_);
      if (slices_ == 0) fail("integer division or modulo by zero");
    }
    if (number_ >= slices_) return false;
    const auto length = static_cast<std::int64_t>(items_->size());
    const std::int64_t each = length / slices_, longer = length % slices_;
    const std::int64_t begin = number_ * each + std::min(number_, longer);
    const std::int64_t end = begin + each + (number_ < longer ? 1 : 0);
    std::vector<Value> part;
    for (std::int64_t i = begin; i < end; ++i) part.push_back(items_->at(static_cast<std::size_t>(i)));
    if (!fill_.is_none() && number_ >= longer) part.push_back(fill_);
    ++number_;
    out = run.budget.list(std::move(part));
    return true;
  }

  Value asked_;
  std::int64_t slices_ = 0;
  Value fill_;
  std::optional<Value> items_;
  std::int64_t number_ = 0;
};

class ItemsSequence final : public FromSource {
 public:
  using FromSource::FromSource;

 private:
  bool step(Run& run, Value& out) override {
    if (source_.is_undefined()) return false;
    if (!source_.is_dict()) fail("Can only get item pairs from a mapping.");
    const auto& entries = source_.dict_data().entries();
    if (at_ >= entries.size()) return false;
    out = run.budget.tuple({entries[at_].key, entries[at_].value});
    ++at_;
    return true;
  }
  std::size_t at_ = 0;
};

Value filter_map(Run& run, const Call& call) {
  return run.budget.object(new MapSequence(call.self, call.given), 128);
}

template <bool by_attribute, bool wanted>
Value filter_select(Run& run, const Call& call) {
  return run.budget.object(new SelectSequence(call.self, call.given, by_attribute, wanted), 128);
}

Value filter_unique(Run& run, const Call& call) {
  return run.budget.object(new UniqueSequence(call.self, call[1], call.has(0) && truth(call[0])));
}

Value fill_of(const Call& call) {
  return call.has(1) ? call[1] : Value();
}

Value filter_batch(Run& run, const Call& call) {
  return run.budget.object(new BatchSequence(call.self, call[0], fill_of(call)));
}

Value filter_slice(Run& run, const Call& call) {
  return run.budget.object(new SliceSequence(call.self, call[0], fill_of(call)));
}

Value filter_items(Run& run, const Call& call) {
  return run.budget.object(new ItemsSequence(call.self));
}

constexpr Builtin kFilters[] = {
    {"batch", "linecount fill_with?", filter_batch},
    {"items", "", filter_items},
    {"map", "*", filter_map},
    {"reject", "*", filter_select<false, false>},
    {"rejectattr", "*", filter_select<true, false>},
    {"select", "*", filter_select<false, true>},
    {"selectattr", "*", filter_select<true, true>},
    {"slice", "slices fill_with?", filter_slice},
    {"unique", "case_sensitive? attribute?", filter_unique},
};

}  // namespace

std::span<const Builtin> lazy_filters() {
  return kFilters;
}

}  // namespace templates
