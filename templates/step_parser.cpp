#include "templates/attributes.h"
#include "templates/builtin.h"
#include "templates/parser_state.h"

namespace templates {

// .name, [key] and (arguments), as many as follow.
void Parser::parse_postfix(ExpressionPtr& value) {
  for (;;) {
    const std::uint32_t offset = current().offset;
    if (looking_at("."))
      parse_attribute(as_chain(value, offset));
    else if (looking_at("["))
      parse_subscript(as_chain(value, offset));
    else if (looking_at("(")) {
      Step step{.kind = Step::Kind::Call, .offset = offset};
      step.arguments = parse_arguments();
      as_chain(value, offset).steps.push_back(std::move(step));
    } else
      return;
  }
}

void Parser::parse_filters_and_tests(ExpressionPtr& value) {
  for (;;) {
    const std::uint32_t offset = current().offset;
    if (looking_at("|"))
      parse_filters(as_chain(value, offset));
    else if (looking_at_name("is"))
      parse_test(as_chain(value, offset));
    else if (looking_at("(")) {
      Step step{.kind = Step::Kind::Call, .offset = offset};
      step.arguments = parse_arguments();
      as_chain(value, offset).steps.push_back(std::move(step));
    } else
      return;
  }
}

void Parser::parse_attribute(Chain& chain) {
  const std::uint32_t offset = current().offset;
  advance();
  const Token& name = current();
  if (name.type == TokenType::Name) {
    advance();
    Step step{.kind = Step::Kind::Attribute, .offset = offset, .name = name_value(name.text)};
    step.only_key = is_only_key(name.text);
    if (step.only_key) step.key = Value::key_text(std::string(name.text));
    step.methods = find_methods(name.text);
    chain.steps.push_back(std::move(step));
  } else if (name.type == TokenType::Integer) {
    Step step{.kind = Step::Kind::Item, .offset = offset};
    step.index = parse_number();
    chain.steps.push_back(std::move(step));
  } else {
    fail("expected name or number", name.offset);
  }
}

void Parser::parse_subscript(Chain& chain) {
  Step step{.kind = Step::Kind::Item, .offset = current().offset};
  expect("[");
  std::vector<ExpressionPtr> keys;
  bool slice = false;
  while (!looking_at("]")) {
    if (!keys.empty() || slice) expect(",");
    if (slice) fail("a slice among several subscripts is not supported", current().offset);
    if (!looking_at(":")) {
      keys.push_back(parse_expression());
      if (!looking_at(":")) continue;
    }
    if (keys.size() > 1) fail("a slice among several subscripts is not supported", current().offset);
    slice = true;
    if (!keys.empty()) step.bounds[0] = std::move(keys[0]);
    keys.clear();
    expect(":");
    const auto bound_follows = [&] { return !looking_at(":") && !looking_at("]") && !looking_at(","); };
    if (bound_follows()) step.bounds[1] = parse_expression();
    if (skip_if(":") && bound_follows()) step.bounds[2] = parse_expression();
  }
  expect("]");
  if (slice) {
    step.kind = Step::Kind::Slice;
  } else if (keys.size() == 1) {
    step.index = std::move(keys[0]);
    const auto* literal = std::get_if<Constant>(&step.index->node);
    if (literal != nullptr && literal->value.is_string()) {
      step.key = Value::key_text(literal->value.text());
      step.only_key = is_only_key(literal->value.text());
    }
  } else {
    step.index = make_expression(step.offset, Sequence{Value::Kind::Tuple, std::move(keys)});
  }
  chain.steps.push_back(std::move(step));
}

std::unique_ptr<CallArguments> Parser::parse_arguments() {
  const Level level(*this);
  const std::uint32_t open = current().offset;
  expect("(");
  auto arguments = std::make_unique<CallArguments>();
  for (bool first = true; !looking_at(")"); first = false) {
    if (!first) {
      expect(",");
      if (looking_at(")")) break;
    }
    parse_argument(*arguments, open);
  }
  expect(")");
  return arguments;
}

void Parser::parse_argument(CallArguments& arguments, std::uint32_t open) {
  const auto require = [&](bool allowed) {
    if (!allowed) fail("invalid syntax for function call expression", open);
  };
  if (skip_if("*")) {
    require(arguments.star == nullptr && arguments.star_star == nullptr);
    arguments.star = parse_expression();
  } else if (skip_if("**")) {
    require(arguments.star_star == nullptr);
    arguments.star_star = parse_expression();
  } else if (current().type == TokenType::Name && after().type == TokenType::Operator && after().text == "=") {
    require(arguments.star_star == nullptr);
    const std::string name(current().text);
    const std::uint32_t offset = current().offset;
    advance();
    advance();
    for (const auto& [known, value] : arguments.keywords) {
      if (known == name) fail("keyword argument repeated: " + name, offset);
    }
    arguments.keywords.emplace_back(name, parse_expression());
  } else {
    require(arguments.star == nullptr && arguments.star_star == nullptr && arguments.keywords.empty());
    arguments.positional.push_back(parse_expression());
  }
}

void Parser::parse_filters(Chain& chain) {
  while (skip_if("|")) parse_filter(chain);
}

// A filter's name, which may have dots, and its arguments.
void Parser::parse_filter(Chain& chain) {
  Step step{.kind = Step::Kind::Filter, .offset = current().offset};
  std::string name(current().text);
  expect(TokenType::Name);
  while (skip_if(".")) {
    name += "." + std::string(current().text);
    expect(TokenType::Name);
  }
  step.name = name_value(name);
  step.builtin = find_filter(name);
  if (step.builtin == nullptr && !soft_) unknown_.push_back({"No filter named '" + name + "'.", step.offset});
  if (looking_at("(")) step.arguments = parse_arguments();
  chain.steps.push_back(std::move(step));
}

void Parser::parse_test(Chain& chain) {
  Step step{.kind = Step::Kind::Test, .offset = current().offset};
  advance();
  step.negated = skip_name("not");
  std::string name(current().text);
  expect(TokenType::Name);
  while (skip_if(".")) {
    name += "." + std::string(current().text);
    expect(TokenType::Name);
  }
  step.name = name_value(name);
  step.builtin = find_test(name);
  if (step.builtin == nullptr && !soft_) unknown_.push_back({"No test named '" + name + "'.", step.offset});
  const TokenType next = current().type;
  if (looking_at("(")) {
    step.arguments = parse_arguments();
  } else if ((next == TokenType::Name && !looking_at_name("else") && !looking_at_name("or") &&
              !looking_at_name("and")) ||
             next == TokenType::String || next == TokenType::Integer || next == TokenType::Float || looking_at("[") ||
             looking_at("{")) {
    if (looking_at_name("is")) fail("You cannot chain multiple tests with is", current().offset);
    const Level level(*this);
    step.arguments = std::make_unique<CallArguments>();
    ExpressionPtr argument = parse_primary();
    parse_postfix(argument);
    step.arguments->positional.push_back(std::move(argument));
  }
  chain.steps.push_back(std::move(step));
}

}  // namespace templates
