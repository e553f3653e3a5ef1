#include <algorithm>
#include <vector>

#include "templates/characters.h"
#include "templates/operators.h"
#include "templates/printing.h"

namespace templates {

namespace {

constexpr std::size_t kWidth = 80;

class PrettyPrinter {
 public:
  PrettyPrinter(Run& run, TextBuilder& out) : run_(run), out_(out) {}

  // `indent` columns are taken on the left, `allowance` at the right end.
  void write(const Value& value, std::size_t indent, std::size_t allowance) {
    const Budget::Level level(run_.budget);
    TextBuilder line(run_.budget);
    write_line(line, value);
    const bool container = value.is_sequence() || value.is_dict();
    if (!container || value.size() == 0 || count_characters(line.marked().text()) + indent + allowance <= kWidth) {
      out_.append(line.marked());
      return;
    }
    if (value.is_dict())
      write_dict(value, indent, allowance);
    else
      write_sequence(value, indent, allowance);
  }

 private:
  std::vector<const DictData::Entry*> sorted(const Value& dict) {
    std::vector<const DictData::Entry*> order;
    for (const auto& entry : dict.dict_data().entries()) order.push_back(&entry);
    run_.budget.work(order.size() * 2);
    std::stable_sort(order.begin(), order.end(), [&](const auto* a, const auto* b) {
      const bool comparable = a->key.kind() == b->key.kind() && (a->key.is_string() || a->key.is_int());
      return comparable && less(run_, a->key, b->key);
    });
    return order;
  }

  void write_line(TextBuilder& line, const Value& value) {
    const Budget::Level level(run_.budget);
    if (value.is_dict()) {
      line.say("{");
      bool first = true;
      for (const auto* entry : sorted(value)) {
        if (!first) line.say(", ");
        first = false;
        write_line(line, entry->key);
        line.say(": ");
        write_line(line, entry->value);
      }
      line.say("}");
    } else if (value.is_sequence()) {
      line.say(value.is_list() ? "[" : "(");
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (i > 0) line.say(", ");
        write_line(line, value.at(i));
      }
      line.say(value.is_list() ? "]" : value.size() == 1 ? ",)" : ")");
    } else {
      print_repr(run_, line, value);
    }
  }

  void new_line(std::size_t indent) {
    out_.say(",\n");
    out_.repeat(" ", indent);
  }

  void write_dict(const Value& dict, std::size_t indent, std::size_t allowance) {
    out_.say("{");
    const auto order = sorted(dict);
    for (std::size_t i = 0; i < order.size(); ++i) {
      if (i > 0) new_line(indent + 1);
      TextBuilder key(run_.budget);
      print_repr(run_, key, order[i]->key);
      out_.append(key.marked());
      out_.say(": ");
      const std::size_t taken = indent + 1 + count_characters(key.marked().text()) + 2;
      write(order[i]->value, taken, i + 1 == order.size() ? allowance + 1 : 1);
    }
    out_.say("}");
  }

  void write_sequence(const Value& sequence, std::size_t indent, std::size_t allowance) {
    out_.say(sequence.is_list() ? "[" : "(");
    for (std::size_t i = 0; i < sequence.size(); ++i) {
      if (i > 0) new_line(indent + 1);
      write(sequence.at(i), indent + 1, i + 1 == sequence.size() ? allowance + 1 : 1);
    }
    out_.say(sequence.is_list() ? "]" : sequence.size() == 1 ? ",)" : ")");
  }

  Run& run_;
  TextBuilder& out_;
};

}  // namespace

void print_pretty(Run& run, TextBuilder& out, const Value& value) {
  PrettyPrinter(run, out).write(value, 0, 0);
}

}  // namespace templates
