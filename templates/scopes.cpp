#include "templates/scopes.h"

#include <algorithm>
#include <unordered_set>

namespace templates {

namespace {

using Names = std::unordered_set<NameId>;

// What one scope knows of names, in the order of the text.
struct Symbols {
  const Symbols* parent = nullptr;
  Names known;                    // read, set or declared here
  Names set;                      // set or declared here
  std::vector<NameId> newly_set;  // the same, in order
  Names unset;                    // set before read, with no value from outside

  bool knows(NameId name) const {
    for (const Symbols* scope = this; scope != nullptr; scope = scope->parent) {
      if (scope->known.contains(name)) return true;
    }
    return false;
  }
  void read(NameId name) {
    if (!knows(name)) known.insert(name);
  }
  void declare(NameId name) {
    set.insert(name);
    known.insert(name);
  }
  void store(NameId name) {
    if (set.insert(name).second) newly_set.push_back(name);
    if (known.contains(name)) return;
    if (!knows(name)) unset.insert(name);
    known.insert(name);
  }
};

class ScopeFinder {
 public:
  explicit ScopeFinder(Program& program) : program_(program) {}

  void run() { finish(program_.body, Symbols{}, program_.unset); }

 private:
  // ---- names read by expressions ----

  void read(const ExpressionPtr& expression, Symbols& symbols) {
    if (expression != nullptr) read(*expression, symbols);
  }

  void read_all(const std::vector<ExpressionPtr>& parts, Symbols& symbols) {
    for (const ExpressionPtr& part : parts) read(part, symbols);
  }

  void read(const Expression& expression, Symbols& symbols) {
    const auto& node = expression.node;
    if (const auto* name = std::get_if<Name>(&node)) symbols.read(name->id);
    if (const auto* sequence = std::get_if<Sequence>(&node)) read_all(sequence->items, symbols);
    if (const auto* unary = std::get_if<Unary>(&node)) read(unary->operand, symbols);
    if (const auto* text = std::get_if<Concatenation>(&node)) read_all(text->parts, symbols);
    if (const auto* logic = std::get_if<Logic>(&node)) read_all(logic->operands, symbols);
    if (const auto* dict = std::get_if<DictLiteral>(&node)) {
      for (const auto& [key, value] : dict->entries) {
        read(key, symbols);
        read(value, symbols);
      }
    }
    if (const auto* chain = std::get_if<ArithmeticChain>(&node)) read_chain(*chain, symbols);
    if (const auto* chain = std::get_if<ComparisonChain>(&node)) read_chain(*chain, symbols);
    if (const auto* choice = std::get_if<Conditional>(&node)) {
      read(choice->condition, symbols);
      read(choice->then, symbols);
      read(choice->otherwise, symbols);
    }
    if (const auto* chain = std::get_if<Chain>(&node)) read_steps(*chain, symbols);
  }

  template <class AnyChain>
  void read_chain(const AnyChain& chain, Symbols& symbols) {
    read(chain.first, symbols);
    for (const auto& part : chain.rest) read(part.second, symbols);
  }

  void read_steps(const Chain& chain, Symbols& symbols) {
    read(chain.base, symbols);
    for (const Step& step : chain.steps) {
      read(step.index, symbols);
      for (const ExpressionPtr& bound : step.bounds) read(bound, symbols);
      if (step.arguments == nullptr) continue;
      read_all(step.arguments->positional, symbols);
      for (const auto& [name, value] : step.arguments->keywords) read(value, symbols);
      read(step.arguments->star, symbols);
      read(step.arguments->star_star, symbols);
    }
  }

  // ---- names set ----

  void store(const Target& target, Symbols& symbols) {
    if (target.kind == Target::Kind::Name) symbols.store(target.name);
    if (target.kind == Target::Kind::Attribute) symbols.read(target.name);
    for (const Target& part : target.parts) store(part, symbols);
  }

  void declare(const Target& target, Symbols& symbols) {
    if (target.kind == Target::Kind::Name) symbols.declare(target.name);
    for (const Target& part : target.parts) declare(part, symbols);
  }

  // ---- what one scope does by itself: statements whose bodies are scopes of their own show only their outer parts
  // ----

  void visit(const Body& body, Symbols& symbols) {
    for (const Statement& statement : body) visit(statement, symbols);
  }

  void visit(const Statement& statement, Symbols& symbols) {
    const auto& node = statement.node;
    if (const auto* print = std::get_if<PrintStatement>(&node)) read_all(print->values, symbols);
    if (const auto* loop = std::get_if<ForStatement>(&node)) read(loop->source, symbols);
    if (const auto* chain = std::get_if<IfStatement>(&node)) visit_if(*chain, symbols);
    if (const auto* set = std::get_if<SetStatement>(&node)) {
      read(set->value, symbols);
      store(set->target, symbols);
    }
    if (const auto* block = std::get_if<SetBlock>(&node)) store(block->target, symbols);
    if (const auto* macro = std::get_if<MacroStatement>(&node)) symbols.store(macro->macro->id);
    if (const auto* block = std::get_if<CallBlock>(&node)) read(block->call, symbols);
    if (const auto* block = std::get_if<FilterBlock>(&node)) read(block->filter, symbols);
    if (const auto* block = std::get_if<WithBlock>(&node)) {
      for (const auto& [target, value] : block->values) read(value, symbols);
    }
  }

  // A name that only the branches set has, where they are not taken, the value from outside.
  void visit_if(const IfStatement& chain, Symbols& symbols) {
    const std::size_t before = symbols.newly_set.size();
    for (const auto& [condition, body] : chain.branches) {
      read(condition, symbols);
      visit(body, symbols);
    }
    visit(chain.otherwise, symbols);
    for (std::size_t i = before; i < symbols.newly_set.size(); ++i) symbols.unset.erase(symbols.newly_set[i]);
  }

  // ---- scopes ----

  // Completes a scope whose declarations are made: first all of its own names, then the scopes inside.
  void finish(Body& body, Symbols symbols, std::vector<NameId>& unset) {
    visit(body, symbols);
    unset.assign(symbols.unset.begin(), symbols.unset.end());
    std::sort(unset.begin(), unset.end());
    descend(body, symbols);
  }

  void descend(Body& body, const Symbols& symbols) {
    for (Statement& statement : body) descend(statement, symbols);
  }

  static Symbols inside(const Symbols& symbols) {
    Symbols inner;
    inner.parent = &symbols;
    return inner;
  }

  void descend(Statement& statement, const Symbols& symbols) {
    auto& node = statement.node;
    if (auto* loop = std::get_if<ForStatement>(&node)) {
      Symbols inner = inside(symbols);
      if (loop->uses_loop || loop->recursive) inner.declare(program_.loop);
      declare(loop->target, inner);
      finish(loop->body, std::move(inner), loop->unset);
      finish(loop->otherwise, inside(symbols), loop->otherwise_unset);
    }
    if (auto* chain = std::get_if<IfStatement>(&node)) {
      for (auto& [condition, body] : chain->branches) descend(body, symbols);
      descend(chain->otherwise, symbols);
    }
    if (auto* block = std::get_if<SetBlock>(&node)) finish(block->body, inside(symbols), block->unset);
    if (auto* macro = std::get_if<MacroStatement>(&node)) finish_macro(*macro->macro, symbols);
    if (auto* block = std::get_if<CallBlock>(&node)) finish_macro(*block->caller, symbols);
    if (auto* block = std::get_if<FilterBlock>(&node)) finish(block->body, inside(symbols), block->unset);
    if (auto* block = std::get_if<WithBlock>(&node)) {
      Symbols inner = inside(symbols);
      for (const auto& [target, value] : block->values) declare(target, inner);
      finish(block->body, std::move(inner), block->unset);
    }
    if (auto* block = std::get_if<AutoescapeBlock>(&node)) {
      Symbols inner = inside(symbols);
      read(block->enabled, inner);
      finish(block->body, std::move(inner), block->unset);
    }
    if (auto* block = std::get_if<ScopedBody>(&node)) {
      finish(block->body, block->top_level_only ? Symbols{} : inside(symbols), block->unset);
    }
  }

  void finish_macro(MacroDefinition& macro, const Symbols& symbols) {
    Symbols inner = inside(symbols);
    if (macro.uses_caller) inner.declare(program_.caller);
    if (macro.uses_kwargs) inner.declare(program_.kwargs);
    if (macro.uses_varargs) inner.declare(program_.varargs);
    for (const auto& [parameter, value] : macro.parameters) inner.declare(parameter);
    for (const auto& [parameter, value] : macro.parameters) read(value, inner);
    finish(macro.body, std::move(inner), macro.unset);
  }

  Program& program_;
};

}  // namespace

void find_unset_names(Program& program) {
  ScopeFinder(program).run();
}

}  // namespace templates
