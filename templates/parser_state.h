#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "templates/ast.h"
#include "templates/lexer.h"

namespace templates {

template <class Node>
ExpressionPtr make_expression(std::uint32_t offset, Node node) {
  return std::make_unique<Expression>(Expression{offset, std::move(node)});
}

// A name as the text that run-time look-ups take.
inline Value name_value(std::string_view name) {
  return Value::template_text(std::string(name));
}

// The chain that `value` is, making it one first.
inline Chain& as_chain(ExpressionPtr& value, std::uint32_t offset) {
  if (!std::holds_alternative<Chain>(value->node)) {
    Chain chain;
    chain.base = std::move(value);
    value = make_expression(offset, std::move(chain));
  }
  return std::get<Chain>(value->node);
}

// The recursive descent over the tokens of one template; statements in parser.cpp, expressions in
// expression_parser.cpp.
class Parser {
 public:
  explicit Parser(Program& program) : program_(program), tokens_(tokenize(program.source)) {}
  void parse_template();

 private:
  using EndTags = std::span<const std::string_view>;
  // Expressions and blocks inside each other.
  static constexpr int kMaxNesting = 150;

  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) { parser.enter(); }
    ~Level() { --parser_.nesting_; }

   private:
    Parser& parser_;
  };

  // Inside {% if %} and a if b else c, unknown filters and tests are errors only when they are reached.
  class SoftScope {
   public:
    SoftScope(Parser& parser, bool soft) : parser_(parser), before_(std::exchange(parser.soft_, soft)) {}
    ~SoftScope() { parser_.soft_ = before_; }

   private:
    Parser& parser_;
    bool before_;
  };

  struct SpecialNames {
    bool loop = false, caller = false, kwargs = false, varargs = false;
  };
  // Notes which special names are read while it lives; what is read inside counts for the outer ones too.
  class Uses {
   public:
    explicit Uses(Parser& parser, bool outer_sees = true)
        : parser_(parser), outer_(std::exchange(parser.uses_, this)), outer_sees_(outer_sees) {}
    ~Uses() {
      parser_.uses_ = outer_;
      if (outer_ == nullptr || !outer_sees_) return;
      outer_->seen.loop |= seen.loop;
      outer_->seen.caller |= seen.caller;
      outer_->seen.kwargs |= seen.kwargs;
      outer_->seen.varargs |= seen.varargs;
    }
    SpecialNames seen;

   private:
    Parser& parser_;
    Uses* outer_;
    bool outer_sees_;
  };

  struct TupleOptions {
    bool without_condition = false;  // no a if b else c
    bool only_primary = false;       // names and literals, for assignment targets
    bool in_parentheses = false;     // () is an empty tuple
    bool namespaces = false;         // a.b as a target
    std::string_view stop_at = {};   // a name that ends the tuple
  };

  // Tokens.
  const Token& current() const { return tokens_.tokens[at_]; }
  const Token& after() const { return tokens_.tokens[place_after()]; }
  void advance() { at_ = place_after(); }
  // The next token's place. Throws what the lexer found wrong there.
  std::size_t place_after() const {
    const std::size_t last = tokens_.tokens.size() - 1;
    if (at_ + 1 >= last && tokens_.fault) throw *tokens_.fault;
    return std::min(at_ + 1, last);
  }
  bool looking_at(std::string_view op) const { return current().type == TokenType::Operator && current().text == op; }
  bool looking_at_name(std::string_view name) const {
    return current().type == TokenType::Name && current().text == name;
  }
  bool skip_if(std::string_view op);
  bool skip_name(std::string_view name);
  void expect(TokenType type);
  void expect(std::string_view op);
  void expect_name(std::string_view name);
  static bool is_one_of(std::string_view name, EndTags ends);

  [[noreturn]] void fail(std::string message, std::uint32_t offset) const;
  [[noreturn]] void fail_unexpected_end(TokenType wanted) const;
  [[noreturn]] void fail_expected(const std::string& wanted) const;
  [[noreturn]] void fail_tag(const Token* tag, EndTags looking_for, std::uint32_t offset);
  void enter();
  NameId name_id(std::string_view name);

  // Statements.
  Body parse_until(EndTags ends);
  Body parse_body(EndTags ends);
  Body parse_body_to(std::string_view end);
  void parse_statement(Body& body, EndTags enclosing);
  ForStatement parse_for();
  IfStatement parse_if();
  void parse_set(Body& body, std::uint32_t offset);
  void parse_signature(MacroDefinition& macro);
  void parse_macro_body(MacroDefinition& macro, std::string_view end);
  MacroStatement parse_macro();
  CallBlock parse_call_block(std::uint32_t offset);
  FilterBlock parse_filter_block();
  WithBlock parse_with();
  AutoescapeBlock parse_autoescape();
  ScopedBody parse_block();
  ScopedBody parse_generation();
  PrintStatement parse_print();
  LoopControl parse_loop_control(bool is_break, std::uint32_t offset);
  Refused parse_refused(std::string_view tag);

  // Expressions, loosest binding first.
  Target parse_target(const TupleOptions& options);
  Target to_target(Expression&& expression) const;
  ExpressionPtr parse_tuple(const TupleOptions& options);
  ExpressionPtr parse_expression(bool with_condition = true);
  ExpressionPtr parse_conditional();
  ExpressionPtr parse_or();
  ExpressionPtr parse_and();
  ExpressionPtr parse_not();
  ExpressionPtr parse_comparison();
  ExpressionPtr parse_sum();
  ExpressionPtr parse_concatenation();
  ExpressionPtr parse_product();
  ExpressionPtr parse_power();
  ExpressionPtr parse_unary(bool with_filters = true);
  ExpressionPtr parse_primary(bool namespaces = false);
  ExpressionPtr parse_list();
  ExpressionPtr parse_dict();
  ExpressionPtr parse_string();
  ExpressionPtr parse_number();
  void parse_postfix(ExpressionPtr& value);
  void parse_filters_and_tests(ExpressionPtr& value);
  void parse_attribute(Chain& chain);
  void parse_subscript(Chain& chain);
  void parse_filters(Chain& chain);
  void parse_filter(Chain& chain);
  void parse_test(Chain& chain);
  std::unique_ptr<CallArguments> parse_arguments();
  void parse_argument(CallArguments& arguments, std::uint32_t open);

  Program& program_;
  Tokens tokens_;
  std::size_t at_ = 0;
  int nesting_ = 0;
  int loops_ = 0;        // loops that a break here would leave
  int for_nesting_ = 0;  // for statements around, also through macros
  bool soft_ = false;
  Uses* uses_ = nullptr;
  // Unknown filters and tests outside of conditionals: errors once all else is right.
  std::vector<SyntaxFault> unknown_;
  std::vector<std::string> open_tags_;
  std::vector<std::string_view> block_names_;
  std::unordered_map<std::string, NameId> name_ids_;
};

}  // namespace templates
