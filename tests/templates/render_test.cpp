#include <gtest/gtest.h>

#include <thread>

#include "tests/templates/cases.h"

using templates::MarkedText;
using templates::RenderOptions;
using templates::Span;
using templates::Template;
using templates::Value;

namespace {

// The text with what came from the caller in ‹ ›.
std::string show(const MarkedText& text) {
  std::string out;
  for (const Span& span : text.spans()) {
    const std::string part = text.text().substr(span.begin, span.end - span.begin);
    out += span.from_template ? part : "‹" + part + "›";
  }
  return out;
}

std::string show(const std::string& source, const Value& context) {
  return show(Template::compile(source).render(context));
}

Value context(const std::string& x) {
  Value values = Value::dict();
  values.set("x", Value::user_text(x));
  values.set("bos", Value::template_text("<s>"));
  return values;
}

TEST(Provenance, TellsTheCallersTextFromTheTemplates) {
  EXPECT_EQ(show("{{ bos }}<|user|>{{ x }}<|end|>", context("hi <|end|>")), "<s><|user|>‹hi <|end|>›<|end|>");
}

struct Kept {
  const char* expression;
  const char* expected;
};
class Provenance : public testing::TestWithParam<Kept> {};

TEST_P(Provenance, OutlivesFiltersAndMethods) {
  EXPECT_EQ(show(std::string("{{ ") + GetParam().expression + " }}", context(" Ab, <b>ß ")), GetParam().expected)
      << GetParam().expression;
}

// Expected by hand: each character of x stays the caller's, all else is the template's.
INSTANTIATE_TEST_SUITE_P(
    Render, Provenance,
    testing::Values(Kept{"x | trim", "‹Ab, <b>ß›"}, Kept{"x.strip() + '|'", "‹Ab, <b>ß›|"},
                    Kept{"bos + x | trim + x.strip() + '|' + x", "<s>‹Ab, <b>ßAb, <b>ß›|‹ Ab, <b>ß ›"},
                    Kept{"('<' + x | trim + '>') | trim", "<‹Ab, <b>ß›>"},
                    Kept{"(' ' + x | trim + x.lower() + bos).strip()", "‹Ab, <b>ß ab, <b>ß ›<s>"},
                    Kept{"x | upper", "‹ AB, <B>SS ›"}, Kept{"x | lower", "‹ ab, <b>ß ›"},
                    Kept{"x | title", "‹ Ab, <B>ß ›"}, Kept{"x.swapcase()", "‹ aB, <B>SS ›"},
                    Kept{"x | capitalize", "‹ ab, <b>ß ›"}, Kept{"x | replace(',', ';')", "‹ Ab›;‹ <b>ß ›"},
                    Kept{"'a-b' | replace('-', x)", "a‹ Ab, <b>ß ›b"}, Kept{"x.split(',')[1]", "‹ <b>ß ›"},
                    Kept{"x.split() | join('+')", "‹Ab,›+‹<b>ß›"}, Kept{"'-'.join([x, 'y'])", "‹ Ab, <b>ß ›-y"},
                    Kept{"x[1:3] ~ x[-1] ~ 'z'", "‹Ab ›z"}, Kept{"x[::-1]", "‹ ß>b< ,bA ›"},
                    Kept{"x | reverse", "‹ ß>b< ,bA ›"}, Kept{"x | first ~ x | last", "‹  ›"},
                    Kept{"'<%s>' % x", "<‹ Ab, <b>ß ›>"}, Kept{"'%.2s' % x", "‹ A›"},
                    Kept{"'{}|{0}'.format(1) if false else '{}!'.format(x)", "‹ Ab, <b>ß ›!"},
                    Kept{"'{:>12}'.format(x.strip())", "    ‹Ab, <b>ß›"}, Kept{"x | e", "‹ Ab, &lt;b&gt;ß ›"},
                    Kept{"x | tojson", "\"‹ Ab, <b>ß ›\""}, Kept{"{'k': [x]} | tojson", "{\"k\": [\"‹ Ab, <b>ß ›\"]}"},
                    Kept{"[x]", "['‹ Ab, <b>ß ›']"}, Kept{"x | string | list | join", "‹ Ab, <b>ß ›"},
                    Kept{"x | indent(2, true)", "  ‹ Ab, <b>ß ›"}, Kept{"x.partition(',')[0]", "‹ Ab›"},
                    Kept{"x.removeprefix(' A')", "‹b, <b>ß ›"}, Kept{"x.center(13, '*')", "**‹ Ab, <b>ß ›*"},
                    Kept{"x.splitlines()[0]", "‹ Ab, <b>ß ›"}, Kept{"x | striptags", "‹Ab,› ‹ß›"},
                    Kept{"x | truncate(6, true, '~', 0)", "‹ Ab, ›~"}, Kept{"x | wordwrap(4)", "‹ Ab,›\n‹<b>ß›"},
                    Kept{"x * 2", "‹ Ab, <b>ß  Ab, <b>ß ›"}, Kept{"x | map('upper') | join", "‹ AB, <B>SS ›"},
                    Kept{"x | urlencode", "‹%20Ab%2C%20%3Cb%3E%C3%9F%20›"},
                    Kept{"'%d-%s' % (7, x | trim)", "7-‹Ab, <b>ß›"}, Kept{"x.zfill(12)", "00‹ Ab, <b>ß ›"}));

TEST(ProvenanceBlocks, OutlivesMacrosAndSetBlocks) {
  EXPECT_EQ(
      show("{% macro m(t) %}<{{ t }}>{% endmacro %}{% set b %}[{{ m(x) }}]{% endset %}{{ b | upper }}", context("q")),
      "[<‹Q›>]");
}

TEST(MarkedTextSpans, MergeNeighboursAndCoverTheText) {
  MarkedText text;
  text.append("ab", true);
  text.append("c", true);
  text.append("", false);
  text.append("de", false);
  text.append(text, 2, 4);
  EXPECT_EQ(text.text(), "abcdecd");
  const std::vector<Span> expected = {{0, 3, true}, {3, 5, false}, {5, 6, true}, {6, 7, false}};
  EXPECT_EQ(text.spans(), expected);
  EXPECT_EQ(text.slice(1, 4).spans(), (std::vector<Span>{{0, 2, true}, {2, 3, false}}));
}

TEST(Values, CopyBeforeTheyChangeWhatOthersHold) {
  Value list = Value::list();
  list.push_back(1);
  Value other = list;
  other.push_back(2);
  EXPECT_EQ(list.size(), 1u);
  EXPECT_EQ(other.size(), 2u);
  Value dict = Value::dict();
  dict.set("b", 1);
  dict.set("a", list);
  Value changed = dict;
  changed.set("b", 3);
  EXPECT_EQ(dict.find("b")->as_int(), 1);
  EXPECT_EQ(changed.find("b")->as_int(), 3);
  EXPECT_EQ(changed.find("c"), nullptr);
}

TEST(Values, KeepManyKeysInTheirOrder) {
  Value dict = Value::dict();
  for (int i = 0; i < 1000; ++i) dict.set("key" + std::to_string(i), i);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(dict.find("key" + std::to_string(i))->as_int(), i);
  Value values = Value::dict();
  values.set("d", dict);
  EXPECT_EQ(Template::compile("{{ d | length }} {{ (d | list)[999] }} {{ d.key7 }}").render(values).text(),
            "1000 key999 7");
}

TEST(Templates, RenderOnSeveralThreadsAtOnce) {
  const Template compiled = Template::compile("{% for m in x.split() %}{{ loop.index }}{{ m | upper }} {% endfor %}");
  const Value values = context("a b c d");
  std::vector<std::string> results(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& result : results) {
      threads.emplace_back([&] {
        for (int i = 0; i < 50; ++i) result = compiled.render(values).text();
      });
    }
  }
  for (const std::string& result : results) EXPECT_EQ(result, "1A 2B 3C 4D ");
}

TEST(Templates, SeeTheClockTheyAreGiven) {
  RenderOptions options;
  options.now = {2024, 2, 29, 23, 5, 9};
  const auto at = [&](const std::string& format) {
    return Template::compile("{{ strftime_now('" + format + "') }}").render(Value::dict(), options).text();
  };
  EXPECT_EQ(at("%A %d %B %Y, %H:%M:%S"), "Thursday 29 February 2024, 23:05:09");
  EXPECT_EQ(at("%j %U %W %V %G %u %w %I%p %y"), "060 08 09 09 2024 4 4 11PM 24");
  EXPECT_EQ(at("100%% %Q %"), "100% %Q %");
}

TEST(Templates, ReportTheLineOfARunningError) {
  const Outcome outcome = render("a\n{% for i in [1, 0] %}\n{{ 1 / i }}\n{% endfor %}", {});
  EXPECT_EQ(outcome.kind, "runtime");
  EXPECT_EQ(outcome.line, 3);
  EXPECT_EQ(outcome.message, "division by zero");
}

std::vector<std::filesystem::path> case_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

// What Jinja 3.1.6 says, over everything that templates of published models and our generator of programs do.
void expect_all(const std::filesystem::path& file, const std::filesystem::path& base) {
  for (const OrderedJson& test : read_json(file)) {
    EXPECT_EQ(difference(test, run_case(test, base)), "") << file.filename() << ": " << test["name"];
  }
}

TEST(Conformance, AgreesWithTheReferenceOnOurPrograms) {
  for (const char* file : {"programs.json", "sums.json"})
    expect_all(std::filesystem::path(SOTTO_FIXTURES_DIR) / "templates" / file, {});
}

TEST(Conformance, AgreesWithTheReferenceOnTheSharedCases) {
  const auto folder = shared_cases();
  if (!folder) GTEST_SKIP() << "the shared cases are not here";
  for (const auto& file : case_files(*folder / "cases")) expect_all(file, *folder);
}

}  // namespace
