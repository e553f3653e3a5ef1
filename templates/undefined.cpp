#include "templates/undefined.h"

#include "templates/operators.h"
#include "templates/printing.h"

namespace templates {

namespace {

class UndefinedData final : public Shared {
 public:
  enum class Story { Name, Member, Reason, Unsafe };

  UndefinedData(Story told, Value what, Value name) : story(told), object(std::move(what)), key(std::move(name)) {}
  void take_children(std::vector<Value>& out) override {
    out.push_back(std::move(object));
    out.push_back(std::move(key));
  }

  const Story story;
  Value object;
  Value key;
};

Value make(Run& run, UndefinedData::Story story, Value object, Value key) {
  return run.budget.object(new UndefinedData(story, std::move(object), std::move(key)), 0, Value::Kind::Undefined);
}

// As messages speak of an object: 'dict object'.
std::string object_words(const Value& value) {
  if (value.is_none()) return "None";
  return std::string(type_name(value)) + " object";
}

}  // namespace

Value undefined_name(Run& run, const Value& name) {
  return make(run, UndefinedData::Story::Name, {}, name);
}

Value undefined_member(Run& run, const Value& object, const Value& key) {
  return make(run, UndefinedData::Story::Member, object, key);
}

Value undefined_because(Run& run, std::string reason) {
  return make(run, UndefinedData::Story::Reason, {}, run.budget.text(std::move(reason)));
}

Value unsafe_attribute(Run& run, const Value& object, std::string_view name) {
  return make(run, UndefinedData::Story::Unsafe, object, run.budget.text(std::string(name)));
}

void fail_undefined(Run& run, const Value& value) {
  const auto* data = static_cast<const UndefinedData*>(value.shared());
  if (data == nullptr) throw TemplateError(ErrorKind::Undefined, "an undefined value is used");
  switch (data->story) {
    case UndefinedData::Story::Name:
      throw TemplateError(ErrorKind::Undefined, repr(run, data->key) + " is undefined");
    case UndefinedData::Story::Reason:
      throw TemplateError(ErrorKind::Undefined, data->key.text());
    case UndefinedData::Story::Unsafe:
      throw TemplateError(ErrorKind::Security, "access to attribute " + repr(run, data->key) + " of '" +
                                                   std::string(type_name(data->object)) + "' object is unsafe.");
    case UndefinedData::Story::Member:
      break;
  }
  if (data->key.is_string()) {
    throw TemplateError(ErrorKind::Undefined,
                        "'" + object_words(data->object) + "' has no attribute " + repr(run, data->key));
  }
  throw TemplateError(ErrorKind::Undefined, object_words(data->object) + " has no element " + repr(run, data->key));
}

}  // namespace templates
