#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "templates/operators.h"
#include "templates/value.h"

namespace templates {

struct Builtin;
struct Methods;

// The program of a template, as plain structs. Chains (a + b + c, a | f | g, elif after elif) are flat lists, so that
// only true nesting nests, and that the parser bounds. `offset` is a byte of the source; line and column are found when
// an error needs them.

using NameId = std::uint32_t;  // index into Program::names

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Constant {
  Value value;
};

// An integer literal beyond 64 bits: an error once it is reached. The lowest integer is such a literal with its sign.
struct HugeInteger {
  bool is_lowest_magnitude;  // exactly 2^63
};

struct Name {
  NameId id;
};

struct Sequence {
  Value::Kind kind;  // List or Tuple
  std::vector<ExpressionPtr> items;
};

struct DictLiteral {
  std::vector<std::pair<ExpressionPtr, ExpressionPtr>> entries;
};

struct Unary {
  enum class Operator : std::uint8_t { Not, Negate, Posit };
  Operator operation;
  ExpressionPtr operand;
};

// first op operand op operand ..., grouped from the left.
struct ArithmeticChain {
  ExpressionPtr first;
  std::vector<std::pair<Arithmetic, ExpressionPtr>> rest;
  bool is_sum = false;  // every operator is +
};

struct Concatenation {
  std::vector<ExpressionPtr> parts;
};

enum class Comparison : std::uint8_t { Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual, In, NotIn };

// a < b < c: true where each neighbouring pair compares so.
struct ComparisonChain {
  ExpressionPtr first;
  std::vector<std::pair<Comparison, ExpressionPtr>> rest;
};

// and / or over all operands.
struct Logic {
  bool is_and;
  std::vector<ExpressionPtr> operands;
};

struct Conditional {
  ExpressionPtr condition;
  ExpressionPtr then;
  ExpressionPtr otherwise;  // may be null
};

struct CallArguments {
  std::vector<ExpressionPtr> positional;
  std::vector<std::pair<std::string, ExpressionPtr>> keywords;
  ExpressionPtr star;       // *expression, may be null
  ExpressionPtr star_star;  // **expression, may be null
};

// What follows a value: .name  [key]  [a:b:c]  (arguments)  | filter  is test
struct Step {
  enum class Kind : std::uint8_t { Attribute, Item, Slice, Call, Filter, Test };
  Kind kind;
  bool negated = false;  // "is not"
  std::uint32_t offset = 0;
  Value name = {};                                // Attribute, Filter, Test
  // Item by a literal text; Attribute of a name that no dict has as a method or hidden attribute: made by
  // Value::key_text. Else Missing.
  Value key = Value::missing();
  bool only_key = false;  // no dict has the key as an attribute: a dict without it has nothing there
  ExpressionPtr index = {};                       // Item
  ExpressionPtr bounds[3] = {};                   // Slice; null where left out
  std::unique_ptr<CallArguments> arguments = {};  // Call, Filter, Test; null for none
  const Builtin* builtin = nullptr;               // Filter, Test; null where the language has none of that name
  const Methods* methods = nullptr;               // Attribute; null where no type has a method of that name
};

struct Chain {
  ExpressionPtr base;  // null: the text that a filter block or set block hands over
  std::vector<Step> steps;
};

struct Expression {
  std::uint32_t offset;
  std::variant<Constant, HugeInteger, Name, Sequence, DictLiteral, Unary, ArithmeticChain, Concatenation,
               ComparisonChain, Logic, Conditional, Chain>
      node;
};

// Where an assignment goes: a name, an attribute of a namespace, or a tuple of targets.
struct Target {
  std::uint32_t offset = 0;
  enum class Kind : std::uint8_t { Name, Attribute, Tuple } kind = Kind::Name;
  NameId name = 0;
  Value attribute;
  std::vector<Target> parts;
};

struct Statement;
using Body = std::vector<Statement>;

struct TextStatement {
  Value text;
};

struct PrintStatement {
  std::vector<ExpressionPtr> values;
  // Made of literals alone: the reference works it out beforehand, with gentler rules for slices.
  bool constant = false;
};

struct ForStatement {
  Target target;
  ExpressionPtr source;
  ExpressionPtr condition;  // may be null
  Body body;
  Body otherwise;
  bool has_otherwise = false;
  bool recursive = false;
  bool uses_loop = false;                      // the body speaks of `loop`
  std::vector<NameId> unset, otherwise_unset;  // see scopes.h
};

struct IfStatement {
  std::vector<std::pair<ExpressionPtr, Body>> branches;
  Body otherwise;
};

struct SetStatement {
  Target target;
  ExpressionPtr value;
};

struct SetBlock {
  Target target;
  ExpressionPtr filter;  // a Chain without base; may be null
  Body body;
  std::vector<NameId> unset;
};

struct MacroDefinition {
  std::string name;
  NameId id = 0;
  std::vector<std::pair<NameId, ExpressionPtr>> parameters;  // with default, or null
  std::vector<Value> parameter_names;
  Body body;
  std::vector<NameId> unset;
  bool uses_caller = false;
  bool uses_kwargs = false;
  bool uses_varargs = false;
};

struct MacroStatement {
  std::unique_ptr<MacroDefinition> macro;
};

struct CallBlock {
  std::unique_ptr<MacroDefinition> caller;
  ExpressionPtr call;
};

struct FilterBlock {
  ExpressionPtr filter;  // a Chain without base
  Body body;
  std::vector<NameId> unset;
};

struct WithBlock {
  std::vector<std::pair<Target, ExpressionPtr>> values;
  Body body;
  std::vector<NameId> unset;
};

struct AutoescapeBlock {
  ExpressionPtr enabled;
  bool constant = false;  // made of literals alone
  Body body;
  std::vector<NameId> unset;
};

// {% block %}: sees the top level only. {% generation %}: a scope of its own.
struct ScopedBody {
  bool top_level_only;
  Body body;
  std::vector<NameId> unset;
};

struct LoopControl {
  bool is_break;
};

// include, import, extends: refused when reached.
struct Refused {
  std::string tag;
};

struct Statement {
  std::uint32_t offset;
  std::variant<TextStatement, PrintStatement, ForStatement, IfStatement, SetStatement, SetBlock, MacroStatement,
               CallBlock, FilterBlock, WithBlock, AutoescapeBlock, ScopedBody, LoopControl, Refused>
      node;
};

// A compiled template.
struct Program {
  std::string name;    // for messages; may be empty
  std::string source;  // normalised
  Body body;
  std::vector<Value> names;   // of the variables, as texts
  std::vector<NameId> unset;  // of the top level; see scopes.h
  // The names that the interpreter itself looks up or sets.
  NameId loop = 0, caller = 0, kwargs = 0, varargs = 0, self = 0;
};

}  // namespace templates
