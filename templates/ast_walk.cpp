#include "templates/ast_walk.h"

#include <algorithm>

namespace templates {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

// Visits every node once. As deep as the parser lets templates nest.
class Walk {
 public:
  explicit Walk(const Program& program) : program_(program) {}

  Mentions run() && {
    body(program_.body);
    const auto earlier = [](const Mention& a, const Mention& b) { return a.offset < b.offset; };
    std::stable_sort(out_.texts.begin(), out_.texts.end(), earlier);
    std::stable_sort(out_.names.begin(), out_.names.end(), earlier);
    return std::move(out_);
  }

 private:
  void add_text(const Value& value, std::uint32_t offset) {
    if (value.is_string()) out_.texts.push_back({value.text(), offset, compared_});
  }

  void body(const Body& statements) {
    for (const Statement& statement : statements) visit(statement);
  }

  void visit(const Statement& statement) {
    std::visit(Overloaded{
                   [&](const TextStatement& text) { add_text(text.text, statement.offset); },
                   [&](const PrintStatement& print) {
                     for (const ExpressionPtr& value : print.values) visit(value);
                   },
                   [&](const ForStatement& loop) {
                     const std::size_t names_before = out_.names.size();
                     visit(loop.source);
                     const bool over_messages = std::any_of(
                         out_.names.begin() + static_cast<std::ptrdiff_t>(names_before), out_.names.end(),
                         [](const Mention& name) { return name.text.find("messages") != std::string::npos; });
                     if (over_messages && out_.message_loop == 0) out_.message_loop = statement.offset;
                     visit(loop.condition);
                     body(loop.body);
                     body(loop.otherwise);
                   },
                   [&](const IfStatement& choice) {
                     for (const auto& [condition, branch] : choice.branches) {
                       visit(condition);
                       body(branch);
                     }
                     body(choice.otherwise);
                   },
                   [&](const SetStatement& set) { visit(set.value); },
                   [&](const SetBlock& block) {
                     visit(block.filter);
                     body(block.body);
                   },
                   [&](const MacroStatement& statement_of_macro) { macro(*statement_of_macro.macro); },
                   [&](const CallBlock& block) {
                     macro(*block.caller);
                     visit(block.call);
                   },
                   [&](const FilterBlock& block) {
                     visit(block.filter);
                     body(block.body);
                   },
                   [&](const WithBlock& block) {
                     for (const auto& [target, value] : block.values) visit(value);
                     body(block.body);
                   },
                   [&](const AutoescapeBlock& block) {
                     visit(block.enabled);
                     body(block.body);
                   },
                   [&](const ScopedBody& block) { body(block.body); },
                   [](const LoopControl&) {},
                   [](const Refused&) {},
               },
               statement.node);
  }

  void macro(const MacroDefinition& definition) {
    for (const auto& [name, fallback] : definition.parameters) visit(fallback);
    body(definition.body);
  }

  void visit(const ExpressionPtr& expression) {
    if (expression) visit(*expression);
  }

  void visit(const Expression& expression) {
    std::visit(Overloaded{
                   [&](const Constant& constant) { add_text(constant.value, expression.offset); },
                   [](const HugeInteger&) {},
                   [&](const Name& name) {
                     out_.names.push_back({program_.names[name.id].text(), expression.offset, compared_});
                   },
                   [&](const Sequence& sequence) {
                     for (const ExpressionPtr& item : sequence.items) visit(item);
                   },
                   [&](const DictLiteral& dict) {
                     for (const auto& [key, value] : dict.entries) {
                       visit(key);
                       visit(value);
                     }
                   },
                   [&](const Unary& unary) { visit(unary.operand); },
                   [&](const ArithmeticChain& chain) {
                     visit(chain.first);
                     for (const auto& [operation, operand] : chain.rest) visit(operand);
                   },
                   [&](const Concatenation& concatenation) {
                     for (const ExpressionPtr& part : concatenation.parts) visit(part);
                   },
                   [&](const ComparisonChain& chain) {
                     const bool before = std::exchange(compared_, true);
                     visit(chain.first);
                     for (const auto& [comparison, operand] : chain.rest) visit(operand);
                     compared_ = before;
                   },
                   [&](const Logic& logic) {
                     for (const ExpressionPtr& operand : logic.operands) visit(operand);
                   },
                   [&](const Conditional& conditional) {
                     visit(conditional.condition);
                     visit(conditional.then);
                     visit(conditional.otherwise);
                   },
                   [&](const Chain& chain) { visit(chain); },
               },
               expression.node);
  }

  void visit(const Chain& chain) {
    visit(chain.base);
    for (const Step& step : chain.steps) {
      const bool before = compared_;
      visit(step.index);
      for (const ExpressionPtr& bound : step.bounds) visit(bound);
      if (!step.arguments) continue;
      compared_ = true;
      for (const ExpressionPtr& argument : step.arguments->positional) visit(argument);
      for (const auto& [keyword, argument] : step.arguments->keywords) visit(argument);
      visit(step.arguments->star);
      visit(step.arguments->star_star);
      compared_ = before;
    }
  }

  const Program& program_;
  Mentions out_;
  bool compared_ = false;
};

}  // namespace

Mentions mentions_of(const Program& program) {
  return Walk(program).run();
}

}  // namespace templates
