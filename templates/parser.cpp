#include "templates/parser.h"

#include "templates/constant.h"
#include "templates/parser_state.h"
#include "templates/scopes.h"

namespace templates {

namespace {

constexpr std::string_view kEndIf[] = {"elif", "else", "endif"};
constexpr std::string_view kEndElse[] = {"endif"};
constexpr std::string_view kEndFor[] = {"endfor", "else"};
constexpr std::string_view kEndForElse[] = {"endfor"};

}  // namespace

void parse(Program& program) {
  Parser parser(program);
  parser.parse_template();
}

void Parser::parse_template() {
  if (tokens_.tokens.size() == 1 && tokens_.fault) throw *tokens_.fault;
  program_.loop = name_id("loop");
  program_.caller = name_id("caller");
  program_.kwargs = name_id("kwargs");
  program_.varargs = name_id("varargs");
  program_.self = name_id("self");
  program_.body = parse_until({});
  if (!unknown_.empty()) throw unknown_.front();
  find_unset_names(program_);
}

void Parser::fail_tag(const Token* tag, EndTags looking_for, std::uint32_t offset) {
  std::string message =
      tag == nullptr ? "Unexpected end of template." : "Encountered unknown tag '" + std::string(tag->text) + "'.";
  if (!looking_for.empty()) {
    message += " Jinja was looking for the following tags: ";
    for (std::size_t i = 0; i < looking_for.size(); ++i)
      message += (i > 0 ? " or '" : "'") + std::string(looking_for[i]) + "'";
    message += ".";
  }
  if (!open_tags_.empty()) message += " The innermost block that needs to be closed is '" + open_tags_.back() + "'.";
  fail(message, offset);
}

// Statements up to one of the end tags, whose name is then at hand.
Body Parser::parse_until(EndTags ends) {
  const Level level(*this);
  Body body;
  for (;;) {
    const Token& token = current();
    switch (token.type) {
      case TokenType::End:
        if (!ends.empty()) fail_tag(nullptr, ends, token.offset);
        return body;
      case TokenType::Text:
        body.push_back({token.offset, TextStatement{Value::template_text(std::string(token.text))}});
        advance();
        break;
      case TokenType::VariableBegin: {
        advance();
        PrintStatement print;
        print.values.push_back(parse_tuple({}));
        print.constant = is_constant(*print.values[0]);
        body.push_back({token.offset, std::move(print)});
        expect(TokenType::VariableEnd);
        break;
      }
      default: {
        advance();  // the lexer yields nothing else here than the beginning of a block
        if (current().type == TokenType::Name && is_one_of(current().text, ends)) return body;
        parse_statement(body, ends);
        expect(TokenType::BlockEnd);
        break;
      }
    }
  }
}

// The body after a tag's own part: its end of block, then statements up to an end tag, which is left at hand.
Body Parser::parse_body(EndTags ends) {
  skip_if(":");
  expect(TokenType::BlockEnd);
  return parse_until(ends);
}

// The same with one end tag, which is taken.
Body Parser::parse_body_to(std::string_view end) {
  const std::string_view ends[] = {end};
  Body body = parse_body(ends);
  advance();
  return body;
}

void Parser::parse_statement(Body& body, EndTags enclosing) {
  const Token& tag = current();
  if (tag.type != TokenType::Name) fail("tag name expected", tag.offset);
  const std::string_view name = tag.text;
  const auto add = [&](auto node) { body.push_back({tag.offset, std::move(node)}); };
  open_tags_.emplace_back(name);
  advance();
  if (name == "for")
    add(parse_for());
  else if (name == "if")
    add(parse_if());
  else if (name == "set")
    parse_set(body, tag.offset);
  else if (name == "macro")
    add(parse_macro());
  else if (name == "call")
    add(parse_call_block(tag.offset));
  else if (name == "filter")
    add(parse_filter_block());
  else if (name == "with")
    add(parse_with());
  else if (name == "autoescape")
    add(parse_autoescape());
  else if (name == "block")
    add(parse_block());
  else if (name == "generation")
    add(parse_generation());
  else if (name == "print")
    add(parse_print());
  else if (name == "break" || name == "continue")
    add(parse_loop_control(name == "break", tag.offset));
  else if (name == "include" || name == "import" || name == "from" || name == "extends")
    add(parse_refused(name));
  else {
    open_tags_.pop_back();
    fail_tag(&tag, enclosing, tag.offset);
  }
  open_tags_.pop_back();
}

ForStatement Parser::parse_for() {
  ForStatement loop;
  ++for_nesting_;
  loop.target = parse_target({.stop_at = "in"});
  expect_name("in");
  loop.source = parse_tuple({.without_condition = true, .stop_at = "recursive"});
  if (skip_name("if")) {
    const SoftScope scope(*this, false);
    loop.condition = parse_expression();
  }
  loop.recursive = skip_name("recursive");
  {
    const SoftScope scope(*this, false);
    const Uses uses(*this);
    ++loops_;
    loop.body = parse_body(kEndFor);
    --loops_;
    loop.uses_loop = uses.seen.loop;
  }
  const bool has_else = current().text == "else";
  advance();
  if (has_else) {
    const SoftScope scope(*this, false);
    loop.has_otherwise = true;
    loop.otherwise = parse_body(kEndForElse);
    advance();
  }
  --for_nesting_;
  return loop;
}

IfStatement Parser::parse_if() {
  const SoftScope scope(*this, true);
  IfStatement chain;
  for (;;) {
    ExpressionPtr condition = parse_tuple({.without_condition = true});
    Body body = parse_body(kEndIf);
    chain.branches.emplace_back(std::move(condition), std::move(body));
    const std::string_view end = current().text;
    advance();
    if (end == "elif") continue;
    if (end == "else") {
      chain.otherwise = parse_body(kEndElse);
      advance();
    }
    return chain;
  }
}

void Parser::parse_set(Body& body, std::uint32_t offset) {
  Target target = parse_target({.namespaces = true});
  if (skip_if("=")) {
    body.push_back({offset, SetStatement{std::move(target), parse_tuple({})}});
    return;
  }
  SetBlock block;
  block.target = std::move(target);
  const SoftScope scope(*this, false);
  if (looking_at("|")) {
    auto filter = std::make_unique<Expression>(Expression{current().offset, Chain{}});
    parse_filters(std::get<Chain>(filter->node));
    block.filter = std::move(filter);
  }
  block.body = parse_body_to("endset");
  body.push_back({offset, std::move(block)});
}

void Parser::parse_signature(MacroDefinition& macro) {
  const SoftScope scope(*this, false);
  expect("(");
  bool defaults = false;
  while (!looking_at(")")) {
    if (!macro.parameters.empty()) expect(",");
    const Token& name = current();
    expect(TokenType::Name);
    ExpressionPtr value;
    if (skip_if("=")) {
      value = parse_expression();
      defaults = true;
    } else if (defaults) {
      fail("non-default argument follows default argument", current().offset);
    }
    macro.parameters.emplace_back(name_id(name.text), std::move(value));
    macro.parameter_names.push_back(Value::template_text(std::string(name.text)));
  }
  expect(")");
}

// The body of a macro or call block, which is a function: no loop around it can be left from inside.
void Parser::parse_macro_body(MacroDefinition& macro, std::string_view end) {
  const SoftScope scope(*this, false);
  const Uses uses(*this);
  const int loops = std::exchange(loops_, 0);
  macro.body = parse_body_to(end);
  loops_ = loops;
  const auto declares = [&](NameId id) {
    for (const auto& [parameter, value] : macro.parameters) {
      if (parameter == id) return true;
    }
    return false;
  };
  for (const auto& [parameter, value] : macro.parameters) {
    if (parameter == program_.caller && value == nullptr && uses.seen.caller) {
      fail("When defining macros or call blocks the special \"caller\" argument must be omitted or be given a default.",
           current().offset);
    }
  }
  macro.uses_caller = uses.seen.caller;
  macro.uses_kwargs = uses.seen.kwargs && !declares(program_.kwargs);
  macro.uses_varargs = uses.seen.varargs && !declares(program_.varargs);
}

MacroStatement Parser::parse_macro() {
  auto macro = std::make_unique<MacroDefinition>();
  const Token& name = current();
  expect(TokenType::Name);
  macro->name = std::string(name.text);
  macro->id = name_id(name.text);
  parse_signature(*macro);
  parse_macro_body(*macro, "endmacro");
  return {std::move(macro)};
}

CallBlock Parser::parse_call_block(std::uint32_t offset) {
  CallBlock block;
  block.caller = std::make_unique<MacroDefinition>();
  block.caller->name = "caller";
  if (looking_at("(")) parse_signature(*block.caller);
  block.call = parse_expression();
  const auto* chain = std::get_if<Chain>(&block.call->node);
  if (chain == nullptr || chain->steps.empty() || chain->steps.back().kind != Step::Kind::Call)
    fail("expected call", offset);
  parse_macro_body(*block.caller, "endcall");
  return block;
}

FilterBlock Parser::parse_filter_block() {
  FilterBlock block;
  auto filter = std::make_unique<Expression>(Expression{current().offset, Chain{}});
  auto& chain = std::get<Chain>(filter->node);
  const SoftScope scope(*this, false);
  parse_filter(chain);
  parse_filters(chain);
  block.filter = std::move(filter);
  block.body = parse_body_to("endfilter");
  return block;
}

WithBlock Parser::parse_with() {
  WithBlock block;
  while (current().type != TokenType::BlockEnd) {
    if (!block.values.empty()) expect(",");
    Target target = parse_target({});
    expect("=");
    block.values.emplace_back(std::move(target), parse_expression());
  }
  const SoftScope scope(*this, false);
  block.body = parse_body_to("endwith");
  return block;
}

AutoescapeBlock Parser::parse_autoescape() {
  AutoescapeBlock block;
  block.enabled = parse_expression();
  block.constant = is_constant(*block.enabled);
  const SoftScope scope(*this, false);
  block.body = parse_body_to("endautoescape");
  return block;
}

ScopedBody Parser::parse_block() {
  const Token& name = current();
  expect(TokenType::Name);
  skip_name("scoped");
  const bool required = skip_name("required");
  if (looking_at("-")) {
    fail(
        "Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore "
        "instead.",
        current().offset);
  }
  for (const std::string_view known : block_names_) {
    if (known == name.text) fail("block '" + std::string(name.text) + "' defined twice", name.offset);
  }
  block_names_.push_back(name.text);
  const SoftScope scope(*this, false);
  const Uses barrier(*this, /*outer_sees=*/false);
  const int loops = std::exchange(loops_, 0);
  ScopedBody block{true, parse_body_to("endblock"), {}};
  loops_ = loops;
  for (const Statement& statement : block.body) {
    const auto* text = std::get_if<TextStatement>(&statement.node);
    if (required && (text == nullptr || text->text.text().find_first_not_of(" \t\n\r\f\v") != std::string::npos))
      fail("Required blocks can only contain comments or whitespace", current().offset);
  }
  skip_name(name.text);
  return block;
}

ScopedBody Parser::parse_generation() {
  const SoftScope scope(*this, false);
  const int loops = std::exchange(loops_, 0);
  ScopedBody block{false, parse_body_to("endgeneration"), {}};
  loops_ = loops;
  return block;
}

PrintStatement Parser::parse_print() {
  PrintStatement print;
  while (current().type != TokenType::BlockEnd) {
    if (!print.values.empty()) expect(",");
    print.values.push_back(parse_expression());
  }
  return print;
}

LoopControl Parser::parse_loop_control(bool is_break, std::uint32_t offset) {
  if (loops_ == 0) fail(is_break ? "'break' outside loop" : "'continue' not properly in loop", offset);
  return {is_break};
}

// Other templates cannot be reached from here; the rest of the tag is checked no further than its brackets.
Refused Parser::parse_refused(std::string_view tag) {
  while (current().type != TokenType::BlockEnd) {
    if (current().type == TokenType::End) fail_unexpected_end(TokenType::BlockEnd);
    advance();
  }
  return {std::string(tag)};
}

}  // namespace templates
