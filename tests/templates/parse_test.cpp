#include <gtest/gtest.h>

#include "tests/templates/cases.h"

using templates::CompileOptions;
using templates::ErrorKind;
using templates::Template;
using templates::TemplateError;

namespace {

struct Fault {
  std::string source;
  std::string message;  // as Jinja 3.1 words it
  int line;
  int column;
};

// How a test's name shows it.
void PrintTo(const Fault& fault, std::ostream* out) { *out << fault.message; }

TemplateError compile_error(const std::string& source, const std::string& name = "") {
  try {
    Template::compile(source, CompileOptions{name});
  } catch (const TemplateError& error) {
    return error;
  }
  ADD_FAILURE() << "compiles: " << source;
  return TemplateError(ErrorKind::Runtime, "none");
}

class Faults : public testing::TestWithParam<Fault> {};

TEST_P(Faults, NameWhatWasExpectedAndWhere) {
  const TemplateError error = compile_error(GetParam().source);
  EXPECT_EQ(error.kind(), ErrorKind::Syntax);
  EXPECT_EQ(error.message(), GetParam().message);
  EXPECT_EQ(error.line(), GetParam().line);
  EXPECT_EQ(error.column(), GetParam().column);
}

INSTANTIATE_TEST_SUITE_P(Parse, Faults,
                         testing::Values(Fault{"a\n{{ x y }}", "expected token 'end of print statement', got 'y'", 2,
                                               6},
                                         Fault{"{{ 1 + }}", "unexpected 'end of print statement'", 1, 8},
                                         Fault{"ä{{ }}", "Expected an expression, got 'end of print statement'", 1, 5},
                                         Fault{"{% if x %}\n\n{% endfor %}",
                                               "Encountered unknown tag 'endfor'. Jinja was looking for the following "
                                               "tags: 'elif' or 'else' or 'endif'. The "
                                               "innermost block that needs to be closed is 'if'.",
                                               3, 4},
                                         Fault{"{% foo %}", "Encountered unknown tag 'foo'.", 1, 4},
                                         Fault{"{{ [1, 2) }}", "unexpected ')', expected ']'", 1, 9},
                                         Fault{"x {# y", "Missing end of comment tag", 1, 5},
                                         Fault{"{# y", "Missing end of comment tag", 1, 3},
                                         // What the parser meets first comes first, whatever the lexer finds later.
                                         Fault{"{% if x y %}\n{{ ' }}",
                                               "expected token 'end of statement block', got 'y'", 1, 9},
                                         Fault{"{{ 1 | nofilter }}", "No filter named 'nofilter'.", 1, 8},
                                         Fault{"{{ 1 is notest }}", "No test named 'notest'.", 1, 6},
                                         Fault{"{% set 1 = 2 %}", "can't assign to 'const'", 1, 8},
                                         Fault{"{{ '\\x1' }}", "truncated \\xXX escape", 1, 4},
                                         Fault{"{{ f(a=1, 2) }}", "invalid syntax for function call expression", 1, 5},
                                         Fault{"{% macro m(a=1, b) %}{% endmacro %}",
                                               "non-default argument follows default argument", 1, 18}));

TEST(Parse, QuotesTheLineWithAMarkUnderThePlace) {
  const TemplateError error = compile_error("first\n  {{ häuser hof }}\nlast", "chat.jinja");
  EXPECT_STREQ(error.what(),
               "template 'chat.jinja', line 2, column 13: expected token 'end of print statement', got 'hof'\n"
               "  2 |   {{ häuser hof }}\n"
               "    |             ^");
}

TEST(Parse, CutsALongLineAroundThePlace) {
  const TemplateError error = compile_error(std::string(500, 'x') + "{{ 1 2 }}" + std::string(500, 'y'));
  const std::string text = error.what();
  EXPECT_LT(text.size(), 400u);
  EXPECT_NE(text.find("..."), std::string::npos);
  EXPECT_EQ(error.column(), 506);
}

TEST(Parse, RefusesTextThatIsNotUtf8) {
  const TemplateError error = compile_error("ok\nbad \xFF byte");
  EXPECT_EQ(error.kind(), ErrorKind::Syntax);
  EXPECT_EQ(error.line(), 2);
  EXPECT_EQ(error.column(), 5);
}

TEST(Parse, LeavesUnknownFiltersInConditionsToTheMomentTheyAreReached) {
  EXPECT_EQ(render("{% if false %}{{ 1 | nofilter }}{% endif %}ok", {}).text->text(), "ok");
  EXPECT_EQ(render("{{ 'ok' if true else 1 | nofilter }}", {}).text->text(), "ok");
  EXPECT_EQ(render("{% if true %}\n{{ 1 | nofilter }}{% endif %}", {}).line, 2);
}

TEST(Parse, RefusesOtherTemplatesByName) {
  for (const char* tag : {"include 'a'", "import 'a' as b", "from 'a' import b", "extends 'a'"}) {
    const Outcome outcome = render(std::string("{% ") + tag + " %}", {});
    EXPECT_EQ(outcome.kind, "runtime") << tag;
    EXPECT_NE(outcome.message.find("refused"), std::string::npos) << tag;
  }
}

}  // namespace
