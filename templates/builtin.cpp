#include "templates/builtin.h"

#include <string>
#include <unordered_map>

#include "templates/filters.h"
#include "templates/functions.h"

namespace templates {

Value call_builtin(Run& run, const Builtin& builtin, const Value& self, const Arguments& given) {
  run.budget.work(2);
  if (builtin.takes_anything) return builtin.function(run, {self, {}, given});
  const auto& parameters = builtin.parameters;
  const std::size_t count = builtin.count;
  if (given.positional.size() > count) {
    fail(std::string(builtin.name) + "() takes at most " + std::to_string(count) + " arguments (" +
         std::to_string(given.positional.size()) + " given)");
  }
  std::array<Value, Builtin::kMaxParameters> arguments;
  for (std::size_t i = 0; i < count; ++i)
    arguments[i] = i < given.positional.size() ? given.positional[i] : Value::missing();
  for (const auto& [keyword, value] : given.keywords) {
    std::size_t index = 0;
    while (index < count && parameters[index].name != keyword) ++index;
    if (index == count || builtin.by_position)
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

const Methods* find_methods(std::string_view name) {
  using Kind = Value::Kind;
  using Groups = std::initializer_list<std::span<const Builtin>>;
  static const auto kTable = [] {
    std::unordered_map<std::string_view, Methods> table;
    const auto add = [&](std::initializer_list<Kind> kinds, Groups groups) {
      for (const auto group : groups) {
        for (const Builtin& method : group) {
          for (const Kind kind : kinds) table[method.name].by_kind[static_cast<std::size_t>(kind)] = &method;
        }
      }
    };
    add({Kind::String}, {text_methods(), text_search_methods(), text_kind_methods()});
    add({Kind::List}, {sequence_methods(), list_methods()});
    add({Kind::Tuple}, {sequence_methods()});
    add({Kind::Dict}, {dict_methods()});
    add({Kind::Bool, Kind::Int}, {whole_number_methods()});
    add({Kind::Float}, {real_number_methods()});
    return table;
  }();
  const auto found = kTable.find(name);
  return found == kTable.end() ? nullptr : &found->second;
}

}  // namespace templates
