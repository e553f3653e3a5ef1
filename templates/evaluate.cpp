#include <algorithm>

#include "templates/arithmetic.h"
#include "templates/attributes.h"
#include "templates/escape.h"
#include "templates/interpreter.h"
#include "templates/printing.h"
#include "templates/undefined.h"

namespace templates {

Value Interpreter::evaluate(const Expression& expression) {
  const Budget::Level level(run_.budget);
  run_.budget.work(1);
  position_ = expression.offset;
  switch (expression.node.index()) {
    case 0:
      return std::get<Constant>(expression.node).value;
    case 1:
      fail_number("a literal");
    case 2:
      return evaluate_name(std::get<Name>(expression.node).id);
    case 3:
      return evaluate_sequence(std::get<Sequence>(expression.node));
    case 4:
      return evaluate_dict(std::get<DictLiteral>(expression.node));
    case 5:
      return evaluate_unary(std::get<Unary>(expression.node));
    case 6:
      return evaluate_arithmetic(expression, std::get<ArithmeticChain>(expression.node));
    case 7:
      return evaluate_concatenation(std::get<Concatenation>(expression.node));
    case 8:
      return compare_all(expression, std::get<ComparisonChain>(expression.node));
    case 9:
      return evaluate_logic(std::get<Logic>(expression.node));
    case 10:
      return evaluate_conditional(std::get<Conditional>(expression.node));
    default:
      return evaluate_chain(std::get<Chain>(expression.node), Value::missing());
  }
}

const Value* Interpreter::find_held(const Expression& expression) {
  if (const auto* constant = std::get_if<Constant>(&expression.node)) return &constant->value;
  if (const auto* name = std::get_if<Name>(&expression.node)) {
    const Value* value = find_variable(name->id);
    return value->is_missing() ? nullptr : value;
  }
  if (const auto* chain = std::get_if<Chain>(&expression.node)) return find_held_member(*chain, chain->steps.size());
  return nullptr;
}

// A dict's entry, and an entry of that, as long as plain text keys lead there: what the first `steps` of a chain give.
const Value* Interpreter::find_held_member(const Chain& chain, std::size_t steps) {
  const auto* name = chain.base == nullptr ? nullptr : std::get_if<Name>(&chain.base->node);
  if (name == nullptr) return nullptr;
  const Value* value = find_variable(name->id);
  for (std::size_t i = 0; i < steps; ++i) {
    const Step& step = chain.steps[i];
    if (step.key.is_missing() || !value->is_dict()) return nullptr;
    run_.budget.work(2);
    value = value->dict_data().find_text(step.key.string_data());
    if (value == nullptr) return nullptr;
  }
  return value->is_missing() ? nullptr : value;
}

const Value& Interpreter::refer(const Expression& expression, Value& storage) {
  run_.budget.work(1);
  position_ = expression.offset;
  if (const Value* held = find_held(expression); held != nullptr) return *held;
  if (const auto* chain = std::get_if<Chain>(&expression.node)) {
    const Budget::Level level(run_.budget);
    return follow(*chain, storage);
  }
  storage = evaluate(expression);
  return storage;
}

// Whether a variable, or a member of one, that ends in "is defined" is; nothing where that has to be worked out. What is
// not defined is not put together to be looked at.
std::optional<bool> Interpreter::find_defined(const Expression& expression) {
  static const Builtin* const kDefined = find_test("defined");
  const auto* chain = std::get_if<Chain>(&expression.node);
  if (chain == nullptr || chain->steps.empty()) return std::nullopt;
  const Step& test = chain->steps.back();
  if (test.kind != Step::Kind::Test || test.builtin != kDefined || test.arguments != nullptr || chain->base == nullptr ||
      !std::holds_alternative<Name>(chain->base->node))
    return std::nullopt;
  const std::size_t count = chain->steps.size() - 1;
  if (const Value* held = find_held_member(*chain, count)) return held->is_undefined() == test.negated;
  if (count == 0) return test.negated;
  const Value* holder = chain->steps[count - 1].only_key ? find_held_member(*chain, count - 1) : nullptr;
  if (holder == nullptr || !holder->is_dict()) return std::nullopt;
  return test.negated;
}

bool Interpreter::holds(const Expression& expression) {
  if (const auto defined = find_defined(expression)) {
    run_.budget.work(1);
    return *defined;
  }
  if (const auto* chain = std::get_if<ComparisonChain>(&expression.node)) {
    const Budget::Level level(run_.budget);
    run_.budget.work(1);
    return compare_all(expression, *chain);
  }
  if (const auto* logic = std::get_if<Logic>(&expression.node)) {
    const Budget::Level level(run_.budget);
    run_.budget.work(1);
    for (const ExpressionPtr& operand : logic->operands) {
      if (holds(*operand) != logic->is_and) return !logic->is_and;
    }
    return logic->is_and;
  }
  const auto* unary = std::get_if<Unary>(&expression.node);
  if (unary != nullptr && unary->operation == Unary::Operator::Not) {
    const Budget::Level level(run_.budget);
    run_.budget.work(1);
    return !holds(*unary->operand);
  }
  Value storage;
  return truth(refer(expression, storage));
}

Value Interpreter::evaluate_name(NameId id) {
  const Value* value = find_variable(id);
  return value->is_missing() ? undefined_name(run_, program_.names[id]) : *value;
}

Value Interpreter::evaluate_sequence(const Sequence& sequence) {
  std::vector<Value> items;
  items.reserve(sequence.items.size());
  for (const ExpressionPtr& item : sequence.items) items.push_back(evaluate(*item));
  return run_.budget.list(std::move(items), sequence.kind);
}

Value Interpreter::evaluate_dict(const DictLiteral& literal) {
  auto dict = std::make_unique<DictData>();
  for (const auto& [key, value] : literal.entries) {
    Value name = evaluate(*key);
    dict->set(std::move(name), evaluate(*value), &run_.budget);
  }
  return run_.budget.dict(dict.release());
}

Value Interpreter::evaluate_unary(const Unary& unary) {
  const std::uint32_t here = position_;
  if (unary.operation == Unary::Operator::Not) return !holds(*unary.operand);
  if (unary.operation == Unary::Operator::Negate) {
    // The lowest integer has no positive twin, so its digits alone are too large.
    const auto* huge = std::get_if<HugeInteger>(&unary.operand->node);
    if (huge != nullptr && huge->is_lowest_magnitude) return INT64_MIN;
  }
  const Value value = evaluate(*unary.operand);
  position_ = here;
  return unary.operation == Unary::Operator::Negate ? negate(run_, value) : posit(run_, value);
}

Value Interpreter::evaluate_arithmetic(const Expression& expression, const ArithmeticChain& chain) {
  return evaluate_operands(expression, chain).take();
}

Operand Interpreter::evaluate_operands(const Expression& expression, const ArithmeticChain& chain) {
  if (TextSum::fits(chain)) {
    TextSum sum;
    Operand other = Value();
    return gather(chain, sum, other) ? sum.joined(run_) : finish_sum(expression, chain, sum, std::move(other));
  }
  Operand value = evaluate_operand(*chain.first);
  for (const auto& [operation, operand] : chain.rest) {
    const Operand right = evaluate_operand(*operand);
    position_ = expression.offset;
    run_.budget.work(1);
    value = calculate_wide(run_, operation, value, right);
  }
  return value;
}

Operand Interpreter::evaluate_operand(const Expression& expression) {
  const auto* chain = std::get_if<ArithmeticChain>(&expression.node);
  if (chain == nullptr) return evaluate(expression);
  const Budget::Level level(run_.budget);
  return evaluate_operands(expression, *chain);
}

Value Interpreter::evaluate_concatenation(const Concatenation& node) {
  TextBuilder text(run_.budget);
  if (!escapes()) {
    for (const ExpressionPtr& part : node.parts) {
      Value storage;
      print(run_, text, refer(*part, storage));
    }
    return text.take_value();
  }
  // One safe part makes the whole safe, and the others be escaped.
  std::vector<Value> parts;
  for (const ExpressionPtr& part : node.parts) parts.push_back(evaluate(*part));
  const bool safe = std::any_of(parts.begin(), parts.end(),
                                [](const Value& part) { return part.is_string() && part.string_data().safe; });
  for (const Value& part : parts) {
    if (safe)
      append_escaped(run_, text, part);
    else
      print(run_, text, part);
  }
  return text.take_value(safe);
}

bool Interpreter::compare(Comparison comparison, const Value& left, const Value& right) {
  switch (comparison) {
    case Comparison::Equal:
      return equals(run_, left, right);
    case Comparison::NotEqual:
      return !equals(run_, left, right);
    case Comparison::Less:
      return less(run_, left, right, "<");
    case Comparison::Greater:
      return less(run_, right, left, ">");
    case Comparison::LessEqual:
      return less_or_equal(run_, left, right, "<=");
    case Comparison::GreaterEqual:
      return less_or_equal(run_, right, left, ">=");
    case Comparison::In:
      return contains(run_, right, left);
    case Comparison::NotIn:
      break;
  }
  return !contains(run_, right, left);
}

bool Interpreter::compare_all(const Expression& expression, const ComparisonChain& chain) {
  Value storage[2];
  const Value* left = &refer(*chain.first, storage[0]);
  std::size_t free = 1;
  for (const auto& [comparison, operand] : chain.rest) {
    const Value* right = &refer(*operand, storage[free]);
    position_ = expression.offset;
    if (!compare(comparison, *left, *right)) return false;
    left = right;
    free = 1 - free;
  }
  return true;
}

Value Interpreter::evaluate_logic(const Logic& logic) {
  Value storage;
  const Value* value = &storage;
  for (const ExpressionPtr& operand : logic.operands) {
    value = &refer(*operand, storage);
    if (truth(*value) != logic.is_and) break;
  }
  return *value;
}

Value Interpreter::evaluate_conditional(const Conditional& node) {
  if (holds(*node.condition)) return evaluate(*node.then);
  if (node.otherwise != nullptr) return evaluate(*node.otherwise);
  return undefined_because(run_, "the inline if-expression evaluated to false and no else section was defined.");
}

Value Interpreter::evaluate_chain(const Chain& chain, Value value, const Value* caller) {
  const Value& result = follow(chain, value, caller);
  return &result == &value ? std::move(value) : result;
}

const Value& Interpreter::follow(const Chain& chain, Value& storage, const Value* caller) {
  // What the steps so far gave: held by a variable or a dict for a start, then in `storage`.
  const Value* value = chain.base == nullptr ? &storage : &refer(*chain.base, storage);
  for (std::size_t i = 0; i < chain.steps.size(); ++i) {
    const Step& step = chain.steps[i];
    run_.budget.work(1);
    position_ = step.offset;
    if (!step.key.is_missing() && value->is_dict()) {
      const Value* entry = value->dict_data().find_text(step.key.string_data());
      if (entry != nullptr && value != &storage) {
        value = entry;
        continue;
      }
      if (entry == nullptr && step.only_key) {
        storage = undefined_member(run_, *value, step.key);
        value = &storage;
        continue;
      }
    }
    switch (step.kind) {
      case Step::Kind::Attribute: {
        const bool is_call = i + 1 < chain.steps.size() && chain.steps[i + 1].kind == Step::Kind::Call;
        const Builtin* method = is_call && step.methods != nullptr ? step.methods->of(*value) : nullptr;
        if (method == nullptr) {
          storage = get_attribute(run_, *value, step.name);
          break;
        }
        // A method called at once needs no object of its own.
        ++i;
        storage = evaluate_call(*method, *value, chain.steps[i].arguments.get(), step.offset);
        break;
      }
      case Step::Kind::Item: {
        Value key_storage;
        const Value& key = refer(*step.index, key_storage);
        position_ = step.offset;
        storage = get_item(run_, *value, key);
        break;
      }
      case Step::Kind::Slice:
        storage = evaluate_slice(step, *value);
        break;
      case Step::Kind::Call: {
        Arguments arguments = evaluate_arguments(step.arguments.get());
        position_ = step.offset;
        if (caller != nullptr && i + 1 == chain.steps.size()) {
          if (arguments.keyword("caller") != nullptr) fail("got multiple values for keyword argument 'caller'");
          arguments.keywords.emplace_back("caller", *caller);
        }
        storage = call_value(run_, *value, arguments);
        break;
      }
      case Step::Kind::Filter:
      case Step::Kind::Test:
        storage = evaluate_builtin(step, *value);
        break;
    }
    value = &storage;
  }
  return *value;
}

Value Interpreter::evaluate_slice(const Step& step, const Value& object) {
  const auto bound = [&](const ExpressionPtr& expression) {
    return expression == nullptr ? Value() : evaluate(*expression);
  };
  const Value begin = bound(step.bounds[0]);
  const Value end = bound(step.bounds[1]);
  const Value stride = bound(step.bounds[2]);
  position_ = step.offset;
  if (constant_ && !object.is_string() && !object.is_sequence())
    return undefined_because(run_, "a constant " + std::string(type_name(object)) + " has no slices");
  return get_slice(run_, object, begin, end, stride);
}

}  // namespace templates
