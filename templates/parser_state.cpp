#include "templates/parser_state.h"

#include <algorithm>

namespace templates {

bool Parser::skip_if(std::string_view op) {
  if (!looking_at(op)) return false;
  advance();
  return true;
}

bool Parser::skip_name(std::string_view name) {
  if (!looking_at_name(name)) return false;
  advance();
  return true;
}

void Parser::fail(std::string message, std::uint32_t offset) const {
  throw SyntaxFault{std::move(message), offset};
}

void Parser::fail_expected(const std::string& wanted) const {
  if (current().type == TokenType::End)
    fail("unexpected end of template, expected '" + wanted + "'.", current().offset);
  fail("expected token '" + wanted + "', got '" + describe(current()) + "'", current().offset);
}

void Parser::fail_unexpected_end(TokenType wanted) const {
  fail_expected(describe(Token{wanted, 0, {}, 0}));
}

void Parser::expect(TokenType type) {
  if (current().type != type) fail_expected(type == TokenType::Name ? "name" : describe(Token{type, 0, {}, 0}));
  advance();
}

void Parser::expect(std::string_view op) {
  if (!looking_at(op)) fail_expected(std::string(op));
  advance();
}

void Parser::expect_name(std::string_view name) {
  if (!looking_at_name(name)) fail_expected(std::string(name));
  advance();
}

bool Parser::is_one_of(std::string_view name, EndTags ends) {
  return std::find(ends.begin(), ends.end(), name) != ends.end();
}

void Parser::enter() {
  if (nesting_ >= kMaxNesting) {
    throw SyntaxFault{"the template cannot be parsed: more than " + std::to_string(kMaxNesting) +
                          " expressions or blocks inside each other",
                      current().offset, true};
  }
  ++nesting_;
}

NameId Parser::name_id(std::string_view name) {
  const auto [found, is_new] = name_ids_.try_emplace(std::string(name), static_cast<NameId>(program_.names.size()));
  if (is_new) program_.names.push_back(name_value(name));
  return found->second;
}

Target Parser::parse_target(const TupleOptions& options) {
  TupleOptions primaries = options;
  primaries.only_primary = true;
  ExpressionPtr expression = parse_tuple(primaries);
  return to_target(std::move(*expression));
}

Target Parser::to_target(Expression&& expression) const {
  Target target;
  target.offset = expression.offset;
  if (const auto* name = std::get_if<Name>(&expression.node)) {
    if (for_nesting_ > 0 && name->id == program_.loop)
      fail("Can't assign to special loop variable in for-loop target", expression.offset);
    target.name = name->id;
    return target;
  }
  if (auto* tuple = std::get_if<Sequence>(&expression.node); tuple != nullptr && tuple->kind == Value::Kind::Tuple) {
    target.kind = Target::Kind::Tuple;
    for (ExpressionPtr& item : tuple->items) target.parts.push_back(to_target(std::move(*item)));
    return target;
  }
  if (auto* chain = std::get_if<Chain>(&expression.node); chain != nullptr && chain->steps.size() == 1) {
    // Only what parse_primary reads as namespace.attribute comes here as a chain.
    target.kind = Target::Kind::Attribute;
    target.name = std::get<Name>(chain->base->node).id;
    target.attribute = chain->steps[0].name;
    return target;
  }
  const char* what = std::holds_alternative<Sequence>(expression.node)      ? "list"
                     : std::holds_alternative<DictLiteral>(expression.node) ? "dict"
                                                                            : "const";
  fail("can't assign to '" + std::string(what) + "'", expression.offset);
}

}  // namespace templates
