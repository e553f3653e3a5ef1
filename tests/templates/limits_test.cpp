#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>

#include "tests/templates/cases.h"
#include "tests/templates/sha256.h"

using templates::ErrorKind;
using templates::RenderOptions;
using templates::Template;
using templates::TemplateError;
using templates::Value;

namespace {

// Sanitizers change what time and memory cost.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasured = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
constexpr bool kMeasured = false;
#else
constexpr bool kMeasured = true;
#endif
#else
constexpr bool kMeasured = true;
#endif

TemplateError limit_error(const std::string& source, const RenderOptions& options) {
  try {
    Template::compile(source).render(Value::dict(), options);
  } catch (const TemplateError& error) {
    return error;
  }
  ADD_FAILURE() << "renders: " << source.substr(0, 100);
  return TemplateError(ErrorKind::Runtime, "none");
}

TEST(Limits, StopWorkAndSayHowMuchThereMayBe) {
  RenderOptions options;
  options.max_steps = 1000;
  const TemplateError error = limit_error("a\n{% for i in range(9999) %}{% endfor %}", options);
  EXPECT_EQ(error.kind(), ErrorKind::Limit);
  EXPECT_EQ(error.message(), "the template does too much work: more than 1000 steps");
  EXPECT_EQ(error.line(), 2);
}

TEST(Limits, StopOutput) {
  RenderOptions options;
  options.max_output_bytes = 100;
  EXPECT_EQ(limit_error("{% for i in range(99) %}ten bytes!{% endfor %}", options).message(),
            "the template writes too much output: more than 100 bytes");
}

TEST(Limits, StopMemoryButNotWhatIsLetGo) {
  RenderOptions options;
  options.max_memory_bytes = std::size_t{1} << 20;
  EXPECT_EQ(limit_error("{{ 'x' * 2000000 }}", options).message(),
            "the template needs too much memory: its values may hold 1 MiB");
  const auto text = Template::compile("{% for i in range(100) %}{% set t = 'x' * 100000 %}{% endfor %}ok");
  EXPECT_EQ(text.render(Value::dict(), options).text(), "ok");
}

TEST(Limits, CountMacrosInsideEachOther) {
  RenderOptions options;
  options.max_depth = 10;
  const std::string macro = "{% macro m(n) %}{{ n }}{% if n > 1 %}{{ m(n - 1) }}{% endif %}{% endmacro %}";
  EXPECT_EQ(Template::compile(macro + "{{ m(10) }}").render(Value::dict(), options).text(), "10987654321");
  EXPECT_EQ(limit_error(macro + "{{ m(11) }}", options).message(),
            "the template goes beyond the depth limit: too many macros inside each other, more than 10");
}

TEST(Limits, EndMacroRecursionBelowTheStackWhateverItsBodyNests) {
  std::string body = "m(n + 1)";
  for (int i = 0; i < 100; ++i) body = "(" + body + " ~ '')";
  RenderOptions options;
  options.max_depth = 1'000'000;
  EXPECT_EQ(limit_error("{% macro m(n) %}{{ " + body + " }}{% endmacro %}{{ m(0) }}", options).kind(),
            ErrorKind::Limit);
}

TEST(Limits, StopNestingWhileParsing) {
  for (const char* open : {"(", "[", "{'a': ", "- ", "not ", "x[", "f("}) {
    std::string source = "{{ ";
    for (int i = 0; i < 5000; ++i) source += open;
    try {
      Template::compile(source);
      ADD_FAILURE() << open;
    } catch (const TemplateError& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Limit) << open;
    }
  }
}

TEST(Limits, KeepNumbersWithin64Bits) {
  const auto text = [](const std::string& expression) {
    const Outcome outcome = render("{{ " + expression + " }}", {});
    return outcome.text ? outcome.text->text() : outcome.kind;
  };
  EXPECT_EQ(text("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(text("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(text("9223372036854775807 + 1"), "limit");
  EXPECT_EQ(text("9223372036854775807 + 1 - 1"), "9223372036854775807");
  EXPECT_EQ(text("4294967296 * 4294967296 // 4294967296"), "4294967296");
  EXPECT_EQ(text("-(-9223372036854775807 - 1)"), "limit");
  EXPECT_EQ(text("2 ** 63"), "limit");
  EXPECT_EQ(text("(-2) ** 63"), "-9223372036854775808");
  EXPECT_EQ(text("9223372036854775808"), "limit");
}

// As the reference does: the items before it would be freed under the condition's hands.
TEST(Limits, RefuseALoopThatIsAskedFromItsOwnCondition) {
  const TemplateError error = limit_error(
      "{% set ns = namespace(l=none) %}"
      "{% for x in ['a b', 'c d', 'e f']|map('list') if x[0] ~ x[2] != (ns.l.last if ns.l else 1) ~ x %}"
      "{% set ns.l = loop %}{{ x[2] }}{% endfor %}",
      {});
  EXPECT_EQ(error.kind(), ErrorKind::Runtime);
  EXPECT_EQ(error.message(), "generator already executing");
}

TEST(Limits, FreeLongChainsWithoutRecursion) {
  const std::string nest =
      "{% set ns = namespace(v=[]) %}{% for i in range(100000) %}{% set ns.v = [ns.v] %}{% endfor %}ok";
  EXPECT_EQ(render(nest, {}).text->text(), "ok");
  const std::string lazy =
      "{% set ns = namespace(v=[1]) %}{% for i in range(50000) %}{% set ns.v = ns.v | map('string') %}{% endfor %}ok";
  EXPECT_EQ(render(lazy, {}).text->text(), "ok");
}

// ---- the shared cases, each in a process of its own so that its memory can be told ----

std::string text_of(const OrderedJson& build) {
  std::string text;
  for (const OrderedJson& part : build) {
    const std::string unit = part[0];
    for (long i = 0, times = part[1]; i < times; ++i) text += unit;
  }
  return text;
}

// Empty, or what is wrong with the outcome.
std::string judge(const OrderedJson& test, const Outcome& outcome) {
  const std::string wanted = test["outcome"];
  if (wanted == "ends") return "";
  if (!outcome.text) {
    const OrderedJson accepted = test.value("accept", OrderedJson::array());
    const bool named = wanted != "text" && (outcome.kind == "limit" || std::find(accepted.begin(), accepted.end(),
                                                                                 outcome.kind) != accepted.end());
    return named ? "" : outcome.kind + " error: " + outcome.message;
  }
  const std::string& text = outcome.text->text();
  if (wanted == "text") return sha256(text) == test["expected_sha256"].get<std::string>() ? "" : "another text";
  const bool has_text = test.contains("expected") || test.contains("expected_build");
  const std::string expected = test.contains("expected")         ? test["expected"].get<std::string>()
                               : test.contains("expected_build") ? text_of(test["expected_build"])
                                                                 : "";
  return wanted == "text-or-error" && has_text && text == expected ? "" : "text: " + text.substr(0, 200);
}

struct Measured {
  std::string verdict;
  double seconds = 0;  // of the processor
  double mebibytes = 0;
};

Measured run_apart(const OrderedJson& test) {
  const std::string source =
      test.contains("template") ? test["template"].get<std::string>() : text_of(test["template_build"]);
  OrderedJson context = test.value("context", OrderedJson::object());
  const OrderedJson builds = test.value("context_build", OrderedJson::object());
  for (const auto& [name, build] : builds.items()) context[name] = text_of(build);
  long pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  int ends[2];
  if (pipe(ends) != 0) return {"no pipe"};
  const pid_t child = fork();
  if (child == 0) {
    const std::string verdict = "judged " + judge(test, render(source, context));
    const bool written = write(ends[1], verdict.data(), verdict.size()) == static_cast<ssize_t>(verdict.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  Measured result;
  char buffer[512];
  for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;)
    result.verdict.append(buffer, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  result.verdict = result.verdict.starts_with("judged ") && status == 0 ? result.verdict.substr(7) : "crashed";
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  result.seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
  result.mebibytes = static_cast<double>(usage.ru_maxrss - pages * (sysconf(_SC_PAGESIZE) / 1024)) / 1024;
  return result;
}

TEST(Limits, HoldOnTheSharedHostileTemplatesAndLetHonestOnesPass) {
  const auto folder = shared_cases();
  if (!folder) GTEST_SKIP() << "the shared cases are not here";
  for (const auto& entry : std::filesystem::directory_iterator(*folder / "limits")) {
    for (const OrderedJson& test : read_json(entry.path())) {
      const Measured result = run_apart(test);
      EXPECT_EQ(result.verdict, "") << test["name"];
      if (!kMeasured) continue;
      EXPECT_LE(result.seconds, test["seconds"].get<double>()) << test["name"];
      EXPECT_LE(result.mebibytes, test["extra_mib"].get<double>()) << test["name"];
    }
  }
}

}  // namespace
