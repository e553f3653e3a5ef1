#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace templates {

enum class TokenType : std::uint8_t {
  Text,  // template text between tags
  VariableBegin,
  VariableEnd,
  BlockBegin,
  BlockEnd,
  Name,
  String,
  Integer,
  Float,
  Operator,
  End,
};

struct Token {
  TokenType type = TokenType::End;
  // Where it begins in Source::text, in bytes.
  std::uint32_t offset = 0;
  // Name, operator, number and text as written, inside Source::text; empty for strings.
  std::string_view text;
  // A string after its escapes are read: index into Tokens::strings.
  std::uint32_t string = 0;
};

// What the lexer and the parser throw: a sentence and the byte it is about.
struct SyntaxFault {
  std::string message;
  std::uint32_t offset;
  // Beyond what can be parsed, rather than wrong.
  bool limit = false;
};

struct Tokens {
  // Ends with one End token.
  std::vector<Token> tokens;
  std::vector<std::string> strings;
  // What is wrong with the source where the End token stands; the parser says so once it comes there, for what it finds
  // wrong before comes first.
  std::optional<SyntaxFault> fault = {};
};

// Template text as the lexer sees it: line ends are "\n", one at the very end is gone.
std::string normalise_source(std::string_view text);

// Splits normalised source into tokens. Does what trim_blocks and lstrip_blocks ask for: the newline after a block tag
// and the spaces before one, alone on its line, are not text. Comments and raw tags leave no tokens. `source` must
// outlive the tokens.
Tokens tokenize(std::string_view source);

// How messages name a token, as Jinja does: 'end of print statement', 'integer', the name itself.
std::string describe(const Token& token);

}  // namespace templates
