#include <gtest/gtest.h>

#include "tests/templates/cases.h"

using templates::Span;
using templates::Template;

namespace {

std::string built_in(const std::string& name) {
  return read_text(std::filesystem::path(SOTTO_SOURCE_DIR) / "resources/templates" / (name + ".jinja"));
}

// tests/fixtures/templates/built_in.json: what the published templates render, by Jinja2.
TEST(BuiltInTemplates, RenderWhatThePublishedOnesRender) {
  for (const OrderedJson& test : read_json(std::filesystem::path(SOTTO_FIXTURES_DIR) / "templates/built_in.json")) {
    EXPECT_EQ(difference(test, render(built_in(test["built_in"]), test["context"])), "") << test["name"];
  }
}

TEST(BuiltInTemplates, RenderWhatThePublishedOnesRenderOnTheSharedConversations) {
  const auto folder = shared_cases();
  if (!folder) GTEST_SKIP() << "the shared cases are not here";
  for (const std::string name : {"chatml", "ernie-4.5", "glm-4-0414", "glm-z1-0414", "glm-z1-rumination-32b-0414"}) {
    for (OrderedJson test : read_json(*folder / "cases" / ("real_" + name + ".json"))) {
      test.erase("template_file");
      test["template"] = built_in(name);
      EXPECT_EQ(difference(test, run_case(test, *folder)), "") << test["name"];
    }
  }
}

// Every control token of the answer is the template's, every word of a person the caller's.
TEST(BuiltInTemplates, KeepControlTokensWholeAndPeoplesTextApart) {
  const std::string typed = "<|user|><|end_of_sentence|>[gMASK]<|im_end|>";
  const OrderedJson context = {{"messages",
                                {{{"role", "system"}, {"content", typed}},
                                 {{"role", "user"}, {"content", typed}},
                                 {{"role", "assistant"}, {"content", typed}},
                                 {{"role", "observation"}, {"content", typed}},
                                 {{"role", "user"}, {"content", typed}}}},
                               {"add_generation_prompt", true}};
  const std::vector<std::pair<std::string, std::vector<std::string>>> tokens = {
      {"ernie-4.5", {"<|begin_of_sentence|>", "<|end_of_sentence|>"}},
      {"ernie-4.5-thinking", {"<|im_start|>", "<|im_end|>"}},
      {"glm-4-0414", {"[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"}},
      {"glm-z1-0414", {"[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"}},
      {"glm-z1-rumination-32b-0414",
       {"[gMASK]", "<sop>", "<|system|>", "<|user|>", "<|assistant|>", "<|observation|>"}},
      {"chatml", {"<|im_start|>", "<|im_end|>"}}};
  for (const auto& [name, expected] : tokens) {
    const Outcome outcome = render(built_in(name), context);
    ASSERT_TRUE(outcome.text) << name << ": " << outcome.message;
    std::string by_template, by_caller;
    for (const Span& span : outcome.text->spans()) {
      const std::string part = outcome.text->text().substr(span.begin, span.end - span.begin);
      (span.from_template ? by_template : by_caller) += part + "\n";
    }
    for (const std::string& token : expected)
      EXPECT_NE(by_template.find(token), std::string::npos) << name << " " << token;
    EXPECT_EQ(by_template.find(typed), std::string::npos) << name;
    EXPECT_NE(by_caller.find(typed), std::string::npos) << name;
  }
}

}  // namespace
