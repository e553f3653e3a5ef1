#include "templates/constant.h"

#include <algorithm>
#include <iterator>

namespace templates {

namespace {

bool is_constant_or_absent(const ExpressionPtr& expression) {
  return expression == nullptr || is_constant(*expression);
}

bool all_constant(const std::vector<ExpressionPtr>& parts) {
  return std::all_of(parts.begin(), parts.end(), is_constant_or_absent);
}

template <class AnyChain>
bool is_constant_chain(const AnyChain& chain) {
  return is_constant(*chain.first) &&
         std::all_of(chain.rest.begin(), chain.rest.end(), [](const auto& part) { return is_constant(*part.second); });
}

bool is_constant_step(const Step& step) {
  // These filters call others by name, which only a rendering can look up.
  constexpr std::string_view kContextual[] = {"map", "select", "reject", "selectattr", "rejectattr", "random"};
  if (step.kind == Step::Kind::Call) return false;
  if (step.kind == Step::Kind::Filter || step.kind == Step::Kind::Test) {
    const std::string& name = step.name.text();
    if (step.builtin == nullptr ||
        std::find(std::begin(kContextual), std::end(kContextual), name) != std::end(kContextual))
      return false;
  }
  if (step.arguments != nullptr) {
    for (const auto& [name, value] : step.arguments->keywords) {
      if (!is_constant(*value)) return false;
    }
    if (!all_constant(step.arguments->positional) || !is_constant_or_absent(step.arguments->star) ||
        !is_constant_or_absent(step.arguments->star_star))
      return false;
  }
  return is_constant_or_absent(step.index) &&
         std::all_of(std::begin(step.bounds), std::end(step.bounds), is_constant_or_absent);
}

}  // namespace

bool is_constant(const Expression& expression) {
  const auto& node = expression.node;
  if (std::holds_alternative<Constant>(node)) return true;
  if (const auto* sequence = std::get_if<Sequence>(&node)) return all_constant(sequence->items);
  if (const auto* unary = std::get_if<Unary>(&node)) return is_constant(*unary->operand);
  if (const auto* text = std::get_if<Concatenation>(&node)) return all_constant(text->parts);
  if (const auto* logic = std::get_if<Logic>(&node)) return all_constant(logic->operands);
  if (const auto* chain = std::get_if<ArithmeticChain>(&node)) return is_constant_chain(*chain);
  if (const auto* chain = std::get_if<ComparisonChain>(&node)) return is_constant_chain(*chain);
  if (const auto* choice = std::get_if<Conditional>(&node))
    return is_constant(*choice->condition) && is_constant(*choice->then) && is_constant_or_absent(choice->otherwise);
  if (const auto* dict = std::get_if<DictLiteral>(&node)) {
    return std::all_of(dict->entries.begin(), dict->entries.end(),
                       [](const auto& entry) { return is_constant(*entry.first) && is_constant(*entry.second); });
  }
  if (const auto* chain = std::get_if<Chain>(&node)) {
    return chain->base != nullptr && is_constant(*chain->base) &&
           std::all_of(chain->steps.begin(), chain->steps.end(), is_constant_step);
  }
  return false;
}

}  // namespace templates
