#include "templates/lint.h"

#include <gmock/gmock.h>

#include <chrono>
#include <iostream>

#include "tests/templates/cases.h"

using templates::Finding;
using templates::LintOptions;
using templates::Template;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = templates::Finding::Kind;

namespace {

// A sound template in the style of ERNIE 4.5; the tests below break one thing each.
const std::string kSound = R"({{- bos_token -}}
{%- for message in messages -%}
{%- if message.role == 'user' -%}
{{- 'User: ' + message.content + '\n' -}}
{%- elif message.role == 'assistant' -%}
{{- 'Assistant: ' + message.content + eos_token -}}
{%- elif message.role == 'tool' -%}
{{- 'Result: ' + message.content + '\n' -}}
{%- elif message.role == 'system' -%}
{{- message.content + '\n' -}}
{%- endif -%}
{%- endfor -%}
{{- 'Assistant: ' if add_generation_prompt -}}
)";

std::string with(std::string text, const std::string& old, const std::string& replacement) {
  const std::size_t at = text.find(old);
  EXPECT_NE(at, std::string::npos) << old;
  return text.replace(at, old.size(), replacement);
}

LintOptions tokens() {
  LintOptions options;
  options.named_tokens = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
  return options;
}

std::vector<Finding> findings(const std::string& text, const LintOptions& options = tokens()) {
  return templates::lint(Template::compile(text), options);
}

// Kind, subject and line of each finding.
using Brief = std::tuple<Kind, std::string, int>;
std::vector<Brief> brief(const std::vector<Finding>& all) {
  std::vector<Brief> out;
  for (const Finding& one : all) {
    EXPECT_FALSE(one.sentence.empty());
    out.emplace_back(one.kind, one.subject, one.line);
  }
  return out;
}

std::string built_in(const std::string& name) {
  return read_text(std::filesystem::path(SOTTO_SOURCE_DIR) / "resources/templates" / (name + ".jinja"));
}

TEST(Lint, ASoundTemplateHasNoFindings) {
  EXPECT_THAT(findings(kSound), IsEmpty());
}

TEST(Lint, FindsAMissingStartToken) {
  EXPECT_THAT(brief(findings(with(kSound, "{{- bos_token -}}", ""))), ElementsAre(Brief{Kind::MissingStart, "<s>", 4}));
}

TEST(Lint, FindsAMissingStartOfTheFamily) {
  const Template glm = Template::compile(built_in("glm-4-0414"));
  LintOptions options;
  options.built_in = &glm;
  options.built_in_name = "glm-4-0414";
  const auto all = findings(with(built_in("glm-4-0414"), "{{- '[gMASK]<sop>' -}}", "{{- '<sop>' -}}"), options);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].kind, Kind::MissingStart);
  EXPECT_EQ(all[0].subject, "[gMASK]<sop>");
  EXPECT_EQ(all[1].kind, Kind::DiffersFromBuiltIn);
}

TEST(Lint, FindsADoubleStartAndTheSecondOfIt) {
  EXPECT_THAT(brief(findings(with(kSound, "{%- for", "{{- '<s>' -}}{%- for"))),
              ElementsAre(Brief{Kind::DoubleStart, "<s>", 2}));
}

TEST(Lint, FindsAThoughtThatIsNotClosed) {
  const std::string half = with(kSound, "'Assistant: ' + message.content", "message.content.split('</think>')[0]");
  EXPECT_THAT(brief(findings(half)), ElementsAre(Brief{Kind::UnclosedThought, "<think>", 2}));
}

TEST(Lint, FindsAThoughtThatThePromptOpensAndHistoryForgets) {
  EXPECT_THAT(brief(findings(with(kSound, "'Assistant: ' if", "'Assistant: <think>\\n' if"))),
              ElementsAre(Brief{Kind::UnclosedThought, "</think>", 2}));
}

TEST(Lint, FindsRolesThatAreLeftOut) {
  EXPECT_THAT(brief(findings(with(kSound, "message.content + '\\n' -}}\n{%- endif", "'' -}}\n{%- endif"))),
              ElementsAre(Brief{Kind::DroppedRole, "system", 2}));
  EXPECT_THAT(brief(findings(with(kSound, "'tool'", "'observation'"))), IsEmpty());
  EXPECT_THAT(brief(findings(with(kSound, "'Result: ' + message.content + '\\n'", "'Result'"))),
              ElementsAre(Brief{Kind::DroppedRole, "tool", 2}));
  EXPECT_THAT(brief(findings(with(kSound, "'Assistant: ' + message.content", "'Assistant: '"))),
              ElementsAre(Brief{Kind::DroppedRole, "assistant", 2}));
  EXPECT_THAT(brief(findings(with(kSound, "'User: ' + message.content", "'User: ' + messages[0].content"))),
              ElementsAre(Brief{Kind::DroppedRole, "user", 2}));
}

TEST(Lint, FindsASystemMessageThatIsOnlyTakenFirst) {
  const auto all = findings(with(kSound, "== 'system'", "== 'system' and loop.first"));
  EXPECT_THAT(brief(all), ElementsAre(Brief{Kind::DroppedLaterSystem, "system", 2}));
  EXPECT_THAT(all.at(0).sentence, HasSubstr("does not come first"));
}

TEST(Lint, ARefusalInWordsIsNoFinding) {
  EXPECT_THAT(findings(with(kSound, "{%- elif message.role == 'system' -%}\n{{- message.content + '\\n'",
                            "{%- else -%}\n{{- raise_exception('no such role: ' + message.role)")),
              IsEmpty());
}

TEST(Lint, FindsBranchesOnTheUsersWords) {
  EXPECT_THAT(brief(findings(with(kSound, "'User: ' + message.content",
                                  "('Quiet: ' if '/no_think' in message.content else 'User: ') + message.content"))),
              ElementsAre(Brief{Kind::UserTextDecides, "/no_think", 4}));
  EXPECT_THAT(brief(findings(with(kSound, "'User: ' + message.content",
                                  "('' if message.content.startswith('<r>') and message.content.endswith('</r>') else "
                                  "'User: ') + message.content"))),
              ElementsAre(Brief{Kind::UserTextDecides, "<r>\n</r>", 4}));
  // In the last message only, and by a refusal.
  EXPECT_THAT(
      brief(findings("{%- if messages[-1].content == 'ping' -%}{{ raise_exception('pong') }}{%- endif -%}\n" + kSound)),
      ElementsAre(Brief{Kind::UserTextDecides, "ping", 1}));
}

TEST(Lint, WhatIsDoneToTheUsersWordsIsNoBranch) {
  EXPECT_THAT(brief(findings(with(kSound, "'User: ' + message.content",
                                  "'User: ' + message.content.split('</think>')[-1] | trim | replace('h', 'b')"))),
              IsEmpty());
}

TEST(Lint, ShowsTheDifferenceFromTheBuiltInOne) {
  const Template ours = Template::compile(built_in("ernie-4.5"));
  LintOptions options;
  options.built_in = &ours;
  options.built_in_name = "ernie-4.5";
  const auto all = findings(with(built_in("ernie-4.5"), "'User: '", "'Human: '"), options);
  ASSERT_EQ(all.size(), 2U);  // and that no tool's result is shown, which is the built-in one's way too
  EXPECT_EQ(all[1].kind, Kind::DiffersFromBuiltIn);
  EXPECT_EQ(all[1].subject, "ernie-4.5");
  EXPECT_EQ(all[1].detail,
            "--- built-in ernie-4.5\n"
            "+++ this template\n"
            "@@ -1,2 +1,2 @@\n"
            "-<|begin_of_sentence|>User: Vexandra\n"
            "+<|begin_of_sentence|>Human: Vexandra\n"
            " Assistant: \n"
            "\\ No newline at end of file\n");
}

TEST(Lint, ASlowTemplateIsGivenUp) {
  const auto all = findings("{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}");
  EXPECT_THAT(brief(all), ElementsAre(Brief{Kind::Incomplete, "", 0}));
}

// What is true of the published templates of our families and nothing else: ERNIE shows no tool's result, Rumination no
// system message (both so by design; a person should know). Their starts, thoughts and turns are sound.
TEST(Lint, ThePublishedTemplatesOfOurFamiliesAreSound) {
  const auto folder = shared_cases();
  if (!folder) GTEST_SKIP() << "the shared cases are not here";
  const std::vector<std::pair<std::string, std::vector<Brief>>> families = {
      {"ernie-4.5", {{Kind::DroppedRole, "tool", 11}}},
      {"glm-4-0414", {}},
      {"glm-z1-0414", {}},
      {"glm-z1-rumination-32b-0414", {{Kind::DroppedRole, "system", 22}}}};
  for (const auto& [name, expected] : families) {
    const Template ours = Template::compile(built_in(name));
    LintOptions options;
    options.built_in = &ours;
    options.built_in_name = name;
    if (name == "ernie-4.5") {
      options.named_tokens = {{"bos_token", "<s>"},
                              {"eos_token", "</s>"},
                              {"cls_token", "<|begin_of_sentence|>"},
                              {"sep_token", "<|end_of_sentence|>"}};
    }
    EXPECT_EQ(brief(findings(read_text(*folder / "real" / (name + ".jinja")), options)), expected) << name;
    EXPECT_EQ(findings(built_in(name), options).size(), expected.size()) << name;
  }
  EXPECT_THAT(findings(built_in("ernie-4.5-thinking"), {}), IsEmpty());
}

// All published templates can be looked over, each well within the time; what is found is printed.
TEST(Lint, LooksOverAllPublishedTemplates) {
  const auto folder = shared_cases();
  if (!folder) GTEST_SKIP() << "the shared cases are not here";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(*folder / "real")) {
    if (entry.path().extension() == ".jinja") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  EXPECT_GE(files.size(), 61U);
  for (const auto& file : files) {
    LintOptions options;
    options.named_tokens = {{"eos_token", "</s>"}, {"pad_token", "<pad>"}, {"unk_token", "<unk>"}};
    for (const Finding& one : findings(read_text(file), options)) {
      EXPECT_NE(one.kind, Kind::Incomplete) << file;
      std::cout << file.filename().string() << ":" << one.line << ": " << one.sentence << "\n";
    }
  }
}

// The shared hostile templates end in time here too, without a crash.
TEST(Lint, HostileTemplatesAreGivenUpInTime) {
  const auto folder = shared_cases();
  if (!folder) GTEST_SKIP() << "the shared cases are not here";
  int looked_at = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder / "limits")) {
    if (entry.path().extension() != ".json") continue;
    for (const OrderedJson& test : read_json(entry.path())) {
      std::string text = test.value("template", std::string());
      for (const OrderedJson& part : test.value("template_build", OrderedJson::array())) {
        for (int i = 0; i < part.at(1).get<int>(); ++i) text += part.at(0).get<std::string>();
      }
      const auto start = std::chrono::steady_clock::now();
      try {
        templates::lint(Template::compile(text), tokens());
      } catch (const templates::TemplateError&) {
        continue;  // does not compile, and is so no matter of lint
      }
      EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 6) << test["name"];
      ++looked_at;
    }
  }
  EXPECT_GT(looked_at, 50);
}

}  // namespace
