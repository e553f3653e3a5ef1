#include <algorithm>
#include <charconv>

#include "templates/arithmetic.h"
#include "templates/builtin.h"
#include "templates/parser_state.h"

namespace templates {

namespace {

template <class Node>
ExpressionPtr make(std::uint32_t offset, Node node) {
    return std::make_unique<Expression>(Expression{offset, std::move(node)});
}

Value name_value(std::string_view name) { return Value::template_text(std::string(name)); }

// The chain that `value` is, making it one first.
Chain& as_chain(ExpressionPtr& value, std::uint32_t offset) {
    if (!std::holds_alternative<Chain>(value->node)) {
        Chain chain;
        chain.base = std::move(value);
        value = make(offset, std::move(chain));
    }
    return std::get<Chain>(value->node);
}

}  // namespace

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

void Parser::fail(std::string message, std::uint32_t offset) const { throw SyntaxFault{std::move(message), offset}; }

void Parser::fail_expected(const std::string& wanted) const {
    if (current().type == TokenType::End) fail("unexpected end of template, expected '" + wanted + "'.", current().offset);
    fail("expected token '" + wanted + "', got '" + describe(current()) + "'", current().offset);
}

void Parser::fail_unexpected_end(TokenType wanted) const { fail_expected(describe(Token{wanted, 0, {}, 0})); }

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

bool Parser::is_one_of(std::string_view name, EndTags ends) { return std::find(ends.begin(), ends.end(), name) != ends.end(); }

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
    return make(offset, std::move(tuple));
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
        value = make(offset, std::move(node));
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
    return make(offset, std::move(node));
}

ExpressionPtr Parser::parse_and() {
    const std::uint32_t offset = current().offset;
    ExpressionPtr first = parse_not();
    if (!looking_at_name("and")) return first;
    Logic node{true, {}};
    node.operands.push_back(std::move(first));
    while (skip_name("and")) node.operands.push_back(parse_not());
    return make(offset, std::move(node));
}

ExpressionPtr Parser::parse_not() {
    if (!looking_at_name("not")) return parse_comparison();
    const Level level(*this);
    const std::uint32_t offset = current().offset;
    advance();
    return make(offset, Unary{Unary::Operator::Not, parse_not()});
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
    return make(offset, std::move(chain));
}

ExpressionPtr Parser::parse_sum() {
    const std::uint32_t offset = current().offset;
    ExpressionPtr first = parse_concatenation();
    if (!looking_at("+") && !looking_at("-")) return first;
    ArithmeticChain chain{std::move(first), {}};
    while (looking_at("+") || looking_at("-")) {
        const Arithmetic operation = looking_at("+") ? Arithmetic::Add : Arithmetic::Subtract;
        advance();
        chain.rest.emplace_back(operation, parse_concatenation());
    }
    return make(offset, std::move(chain));
}

ExpressionPtr Parser::parse_concatenation() {
    const std::uint32_t offset = current().offset;
    ExpressionPtr first = parse_product();
    if (!looking_at("~")) return first;
    Concatenation node;
    node.parts.push_back(std::move(first));
    while (skip_if("~")) node.parts.push_back(parse_product());
    return make(offset, std::move(node));
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
    return make(offset, std::move(chain));
}

// Groups from the left, unlike Python's own.
ExpressionPtr Parser::parse_power() {
    const std::uint32_t offset = current().offset;
    ExpressionPtr first = parse_unary();
    if (!looking_at("**")) return first;
    ArithmeticChain chain{std::move(first), {}};
    while (skip_if("**")) chain.rest.emplace_back(Arithmetic::Power, parse_unary());
    return make(offset, std::move(chain));
}

ExpressionPtr Parser::parse_unary(bool with_filters) {
    const std::uint32_t offset = current().offset;
    ExpressionPtr value;
    if (looking_at("-") || looking_at("+")) {
        const Level level(*this);
        const auto operation = looking_at("-") ? Unary::Operator::Negate : Unary::Operator::Posit;
        advance();
        value = make(offset, Unary{operation, parse_unary(false)});
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
    if (name == "true" || name == "True") return make(token.offset, Constant{Value(true)});
    if (name == "false" || name == "False") return make(token.offset, Constant{Value(false)});
    if (name == "none" || name == "None") return make(token.offset, Constant{Value()});
    const NameId id = name_id(name);
    if (namespaces && looking_at(".")) {
        advance();
        ExpressionPtr object = make(token.offset, Name{id});
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
    return make(token.offset, Name{id});
}

ExpressionPtr Parser::parse_string() {
    const std::uint32_t offset = current().offset;
    std::string text;
    while (current().type == TokenType::String) {
        text += tokens_.strings[current().string];
        advance();
    }
    return make(offset, Constant{Value::template_text(std::move(text))});
}

ExpressionPtr Parser::parse_number() {
    const Token& token = current();
    advance();
    if (token.type == TokenType::Float) return make(token.offset, Constant{Value(parse_float(token.text).value_or(0))});
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
        return make(token.offset, HugeInteger{result.ec == std::errc() && number == kLowestMagnitude});
    return make(token.offset, Constant{Value(static_cast<std::int64_t>(number))});
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
    return make(offset, std::move(list));
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
    return make(offset, std::move(dict));
}

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
        chain.steps.push_back({.kind = Step::Kind::Attribute, .offset = offset, .name = name_value(name.text)});
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
    } else {
        step.index = make(step.offset, Sequence{Value::Kind::Tuple, std::move(keys)});
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
    } else if ((next == TokenType::Name && !looking_at_name("else") && !looking_at_name("or") && !looking_at_name("and")) ||
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
