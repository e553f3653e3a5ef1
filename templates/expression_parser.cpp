#include <algorithm>
#include <charconv>

#include "templates/arithmetic.h"
#include "templates/parser_state.h"

namespace templates {

ExpressionPtr Parser::parse_tuple(const TupleOptions& options) {
  const std::uint32_t offset = current().offset;
  Sequence tuple{Value::Kind::Tuple, {}};
  bool is_tuple = false;
  for (;;) {
    if (!tuple.items.empty()) expect(",");
    const bool at_end = current().type == TokenType::VariableEnd || current().type == TokenType::BlockEnd ||
                        looking_at(")") || (!options.stop_at.empty() && looking_at_name(options.stop_at));
    if (at_end) break;
    tuple.items.push_back(options.only_primary ? parse_primary(options.namespaces)
                                               : parse_expression(!options.without_condition));
    if (!looking_at(",")) break;
    is_tuple = true;
  }
  if (!is_tuple) {
    if (!tuple.items.empty()) return std::move(tuple.items[0]);
    if (!options.in_parentheses) fail("Expected an expression, got '" + describe(current()) + "'", current().offset);
  }
  return make_expression(offset, std::move(tuple));
}

ExpressionPtr Parser::parse_expression(bool with_condition) {
  const Level level(*this);
  return with_condition ? parse_conditional() : parse_or();
}

ExpressionPtr Parser::parse_conditional() {
  const std::uint32_t offset = current().offset;
  const std::size_t unknown = unknown_.size();
  ExpressionPtr value = parse_or();
  while (looking_at_name("if")) {
    const Level level(*this);
    advance();
    Conditional node;
    node.then = std::move(value);
    node.condition = parse_or();
    if (skip_name("else")) node.otherwise = parse_conditional();
    value = make_expression(offset, std::move(node));
    // What stands in a conditional is known to be missing only when it is reached.
    unknown_.resize(unknown);
  }
  return value;
}

ExpressionPtr Parser::parse_or() {
  const std::uint32_t offset = current().offset;
  ExpressionPtr first = parse_and();
  if (!looking_at_name("or")) return first;
  Logic node{false, {}};
  node.operands.push_back(std::move(first));
  while (skip_name("or")) node.operands.push_back(parse_and());
  return make_expression(offset, std::move(node));
}

ExpressionPtr Parser::parse_and() {
  const std::uint32_t offset = current().offset;
  ExpressionPtr first = parse_not();
  if (!looking_at_name("and")) return first;
  Logic node{true, {}};
  node.operands.push_back(std::move(first));
  while (skip_name("and")) node.operands.push_back(parse_not());
  return make_expression(offset, std::move(node));
}

ExpressionPtr Parser::parse_not() {
  if (!looking_at_name("not")) return parse_comparison();
  const Level level(*this);
  const std::uint32_t offset = current().offset;
  advance();
  return make_expression(offset, Unary{Unary::Operator::Not, parse_not()});
}

ExpressionPtr Parser::parse_comparison() {
  const std::uint32_t offset = current().offset;
  ExpressionPtr first = parse_sum();
  ComparisonChain chain;
  for (;;) {
    Comparison comparison;
    if (skip_if("=="))
      comparison = Comparison::Equal;
    else if (skip_if("!="))
      comparison = Comparison::NotEqual;
    else if (skip_if("<"))
      comparison = Comparison::Less;
    else if (skip_if("<="))
      comparison = Comparison::LessEqual;
    else if (skip_if(">"))
      comparison = Comparison::Greater;
    else if (skip_if(">="))
      comparison = Comparison::GreaterEqual;
    else if (skip_name("in"))
      comparison = Comparison::In;
    else if (looking_at_name("not") && after().type == TokenType::Name && after().text == "in") {
      advance();
      advance();
      comparison = Comparison::NotIn;
    } else
      break;
    chain.rest.emplace_back(comparison, parse_sum());
  }
  if (chain.rest.empty()) return first;
  chain.first = std::move(first);
  return make_expression(offset, std::move(chain));
}

ExpressionPtr Parser::parse_sum() {
  const std::uint32_t offset = current().offset;
  ExpressionPtr first = parse_concatenation();
  if (!looking_at("+") && !looking_at("-")) return first;
  ArithmeticChain chain{std::move(first), {}, true};
  while (looking_at("+") || looking_at("-")) {
    const Arithmetic operation = looking_at("+") ? Arithmetic::Add : Arithmetic::Subtract;
    if (operation != Arithmetic::Add) chain.is_sum = false;
    advance();
    chain.rest.emplace_back(operation, parse_concatenation());
  }
  return make_expression(offset, std::move(chain));
}

ExpressionPtr Parser::parse_concatenation() {
  const std::uint32_t offset = current().offset;
  ExpressionPtr first = parse_product();
  if (!looking_at("~")) return first;
  Concatenation node;
  node.parts.push_back(std::move(first));
  while (skip_if("~")) node.parts.push_back(parse_product());
  return make_expression(offset, std::move(node));
}

ExpressionPtr Parser::parse_product() {
  const std::uint32_t offset = current().offset;
  ExpressionPtr first = parse_power();
  ArithmeticChain chain;
  for (;;) {
    Arithmetic operation;
    if (looking_at("*"))
      operation = Arithmetic::Multiply;
    else if (looking_at("/"))
      operation = Arithmetic::Divide;
    else if (looking_at("//"))
      operation = Arithmetic::FloorDivide;
    else if (looking_at("%"))
      operation = Arithmetic::Modulo;
    else
      break;
    advance();
    chain.rest.emplace_back(operation, parse_power());
  }
  if (chain.rest.empty()) return first;
  chain.first = std::move(first);
  return make_expression(offset, std::move(chain));
}

// Groups from the left, unlike Python's own.
ExpressionPtr Parser::parse_power() {
  const std::uint32_t offset = current().offset;
  ExpressionPtr first = parse_unary();
  if (!looking_at("**")) return first;
  ArithmeticChain chain{std::move(first), {}, false};
  while (skip_if("**")) chain.rest.emplace_back(Arithmetic::Power, parse_unary());
  return make_expression(offset, std::move(chain));
}

ExpressionPtr Parser::parse_unary(bool with_filters) {
  const std::uint32_t offset = current().offset;
  ExpressionPtr value;
  if (looking_at("-") || looking_at("+")) {
    const Level level(*this);
    const auto operation = looking_at("-") ? Unary::Operator::Negate : Unary::Operator::Posit;
    advance();
    value = make_expression(offset, Unary{operation, parse_unary(false)});
  } else {
    value = parse_primary();
  }
  parse_postfix(value);
  if (with_filters) parse_filters_and_tests(value);
  return value;
}

ExpressionPtr Parser::parse_primary(bool namespaces) {
  const Token& token = current();
  if (token.type == TokenType::String) return parse_string();
  if (token.type == TokenType::Integer || token.type == TokenType::Float) return parse_number();
  if (looking_at("[")) return parse_list();
  if (looking_at("{")) return parse_dict();
  if (skip_if("(")) {
    const Level level(*this);
    ExpressionPtr inside = parse_tuple({.in_parentheses = true});
    expect(")");
    return inside;
  }
  if (token.type != TokenType::Name) fail("unexpected '" + describe(token) + "'", token.offset);
  advance();
  const std::string_view name = token.text;
  if (name == "true" || name == "True") return make_expression(token.offset, Constant{Value(true)});
  if (name == "false" || name == "False") return make_expression(token.offset, Constant{Value(false)});
  if (name == "none" || name == "None") return make_expression(token.offset, Constant{Value()});
  const NameId id = name_id(name);
  if (namespaces && looking_at(".")) {
    advance();
    ExpressionPtr object = make_expression(token.offset, Name{id});
    Chain& chain = as_chain(object, token.offset);
    Step step{.kind = Step::Kind::Attribute, .offset = token.offset, .name = name_value(current().text)};
    expect(TokenType::Name);
    chain.steps.push_back(std::move(step));
    return object;
  }
  if (uses_ != nullptr) {
    uses_->seen.loop |= id == program_.loop;
    uses_->seen.caller |= id == program_.caller;
    uses_->seen.kwargs |= id == program_.kwargs;
    uses_->seen.varargs |= id == program_.varargs;
  }
  return make_expression(token.offset, Name{id});
}

ExpressionPtr Parser::parse_string() {
  const std::uint32_t offset = current().offset;
  std::string text;
  while (current().type == TokenType::String) {
    text += tokens_.strings[current().string];
    advance();
  }
  return make_expression(offset, Constant{Value::template_text(std::move(text))});
}

ExpressionPtr Parser::parse_number() {
  const Token& token = current();
  advance();
  if (token.type == TokenType::Float)
    return make_expression(token.offset, Constant{Value(parse_float(token.text).value_or(0))});
  std::string digits(token.text);
  digits.erase(std::remove(digits.begin(), digits.end(), '_'), digits.end());
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0') {
    const char mark = static_cast<char>(digits[1] | 0x20);
    base = mark == 'x' ? 16 : mark == 'o' ? 8 : mark == 'b' ? 2 : 10;
    if (base != 10) digits.erase(0, 2);
  }
  std::uint64_t number = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  constexpr std::uint64_t kLowestMagnitude = std::uint64_t{1} << 63;
  if (result.ec != std::errc() || number >= kLowestMagnitude)
    return make_expression(token.offset, HugeInteger{result.ec == std::errc() && number == kLowestMagnitude});
  return make_expression(token.offset, Constant{Value(static_cast<std::int64_t>(number))});
}

ExpressionPtr Parser::parse_list() {
  const std::uint32_t offset = current().offset;
  expect("[");
  Sequence list{Value::Kind::List, {}};
  while (!looking_at("]")) {
    if (!list.items.empty()) expect(",");
    if (looking_at("]")) break;
    list.items.push_back(parse_expression());
  }
  expect("]");
  return make_expression(offset, std::move(list));
}

ExpressionPtr Parser::parse_dict() {
  const std::uint32_t offset = current().offset;
  expect("{");
  DictLiteral dict;
  while (!looking_at("}")) {
    if (!dict.entries.empty()) expect(",");
    if (looking_at("}")) break;
    ExpressionPtr key = parse_expression();
    expect(":");
    dict.entries.emplace_back(std::move(key), parse_expression());
  }
  expect("}");
  return make_expression(offset, std::move(dict));
}

}  // namespace templates
