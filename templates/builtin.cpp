#include "templates/builtin.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>

#include "templates/filters.h"
#include "templates/functions.h"

namespace templates {

namespace {

constexpr std::size_t kMaxParameters = 6;

struct Parameter {
  std::string_view name;
  bool optional;
};

// The parameters of a builtin, read from their one-line form.
std::size_t read_parameters(std::string_view text, std::array<Parameter, kMaxParameters>& out) {
  std::size_t count = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (name.empty() || name == "/") continue;
    const bool optional = name.back() == '?';
    if (optional) name.remove_suffix(1);
    out[count++] = {name, optional};
  }
  return count;
}

}  // namespace

Value call_builtin(Run& run, const Builtin& builtin, const Value& self, const Arguments& given) {
  run.budget.work(2);
  if (builtin.parameters == "*") return builtin.function(run, {self, {}, given});
  std::array<Parameter, kMaxParameters> parameters;
  const std::size_t count = read_parameters(builtin.parameters, parameters);
  if (given.positional.size() > count) {
    fail(std::string(builtin.name) + "() takes at most " + std::to_string(count) + " arguments (" +
         std::to_string(given.positional.size()) + " given)");
  }
  std::array<Value, kMaxParameters> arguments;
  for (std::size_t i = 0; i < count; ++i)
    arguments[i] = i < given.positional.size() ? given.positional[i] : Value::missing();
  for (const auto& [keyword, value] : given.keywords) {
    std::size_t index = 0;
    while (index < count && parameters[index].name != keyword) ++index;
    if (index == count || builtin.parameters.starts_with('/'))
      fail(std::string(builtin.name) + "() got an unexpected keyword argument '" + keyword + "'");
    if (!arguments[index].is_missing())
      fail(std::string(builtin.name) + "() got multiple values for argument '" + keyword + "'");
    arguments[index] = value;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (arguments[i].is_missing() && !parameters[i].optional) {
      fail(std::string(builtin.name) + "() missing 1 required positional argument: '" +
           std::string(parameters[i].name) + "'");
    }
  }
  return builtin.function(run, {self, {arguments.data(), count}, given});
}

namespace {

using Table = std::unordered_map<std::string_view, const Builtin*>;

Table make_table(std::initializer_list<std::span<const Builtin>> groups) {
  Table table;
  for (const auto group : groups) {
    for (const Builtin& builtin : group) table.emplace(builtin.name, &builtin);
  }
  return table;
}

const Builtin* find(const Table& table, std::string_view name) {
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace

const Builtin* find_filter(std::string_view name) {
  static const Table kTable = make_table({text_filters(), sequence_filters(), lazy_filters(), value_filters()});
  return find(kTable, name);
}

const Builtin* find_test(std::string_view name) {
  static const Table kTable = make_table({tests()});
  return find(kTable, name);
}

const Builtin* find_function(std::string_view name) {
  static const Table kTable = make_table({functions()});
  return find(kTable, name);
}

const Builtin* find_method(const Value& self, std::string_view name) {
  static const Table kTextTable = make_table({text_methods(), text_search_methods(), text_kind_methods()});
  static const Table kListTable = make_table({sequence_methods(), list_methods()});
  static const Table kTupleTable = make_table({sequence_methods()});
  static const Table kDictTable = make_table({dict_methods()});
  static const Table kWholeTable = make_table({whole_number_methods()});
  static const Table kRealTable = make_table({real_number_methods()});
  switch (self.kind()) {
    case Value::Kind::String:
      return find(kTextTable, name);
    case Value::Kind::List:
      return find(kListTable, name);
    case Value::Kind::Tuple:
      return find(kTupleTable, name);
    case Value::Kind::Dict:
      return find(kDictTable, name);
    case Value::Kind::Bool:
    case Value::Kind::Int:
      return find(kWholeTable, name);
    case Value::Kind::Float:
      return find(kRealTable, name);
    default:
      return nullptr;
  }
}

}  // namespace templates
