#include "templates/unified_diff.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

using templates::unified_diff;

namespace {

// The example of the manual of GNU diffutils, "Detailed Description of Unified Format".
TEST(UnifiedDiff, IsThatOfTheManual) {
  const std::string lao =
      "The Way that can be told of is not the eternal Way;\n"
      "The name that can be named is not the eternal name.\n"
      "The Nameless is the origin of Heaven and Earth;\n"
      "The Named is the mother of all things.\n"
      "Therefore let there always be non-being,\n"
      "  so we may see their subtlety,\n"
      "And let there always be being,\n"
      "  so we may see their outcome.\n"
      "The two are the same,\n"
      "But after they are produced,\n"
      "  they have different names.\n";
  const std::string tzu =
      "The Nameless is the origin of Heaven and Earth;\n"
      "The named is the mother of all things.\n"
      "\n"
      "Therefore let there always be non-being,\n"
      "  so we may see their subtlety,\n"
      "And let there always be being,\n"
      "  so we may see their outcome.\n"
      "The two are the same,\n"
      "But after they are produced,\n"
      "  they have different names.\n"
      "They both may be called deep and profound.\n"
      "Deeper and more profound,\n"
      "The door of all subtleties!\n";
  EXPECT_EQ(unified_diff(lao, tzu, "lao", "tzu"),
            "--- lao\n"
            "+++ tzu\n"
            "@@ -1,7 +1,6 @@\n"
            "-The Way that can be told of is not the eternal Way;\n"
            "-The name that can be named is not the eternal name.\n"
            " The Nameless is the origin of Heaven and Earth;\n"
            "-The Named is the mother of all things.\n"
            "+The named is the mother of all things.\n"
            "+\n"
            " Therefore let there always be non-being,\n"
            "   so we may see their subtlety,\n"
            " And let there always be being,\n"
            "@@ -9,3 +8,6 @@\n"
            " The two are the same,\n"
            " But after they are produced,\n"
            "   they have different names.\n"
            "+They both may be called deep and profound.\n"
            "+Deeper and more profound,\n"
            "+The door of all subtleties!\n");
}

// By diff -u of GNU diffutils 3.8.
TEST(UnifiedDiff, SaysWhereALineEndIsMissingAndCountsEmptySides) {
  EXPECT_EQ(unified_diff("a\n", "a", "x", "y"), "--- x\n+++ y\n@@ -1 +1 @@\n-a\n+a\n\\ No newline at end of file\n");
  EXPECT_EQ(unified_diff("", "a\nb\n", "x", "y"), "--- x\n+++ y\n@@ -0,0 +1,2 @@\n+a\n+b\n");
  EXPECT_EQ(unified_diff("a\n", "", "x", "y"), "--- x\n+++ y\n@@ -1 +0,0 @@\n-a\n");
  EXPECT_EQ(unified_diff("same", "same", "x", "y"), "");
}

// By diff -u: changes with six lines between them share a hunk, with seven they do not.
TEST(UnifiedDiff, JoinsHunksThatTouch) {
  EXPECT_EQ(unified_diff("0\n1\n2\n3\n4\n5\n6\n7\n", "x\n1\n2\n3\n4\n5\n6\ny\n", "a", "b"),
            "--- a\n+++ b\n@@ -1,8 +1,8 @@\n-0\n+x\n 1\n 2\n 3\n 4\n 5\n 6\n-7\n+y\n");
  EXPECT_EQ(unified_diff("0\n1\n2\n3\n4\n5\n6\n7\n8\n", "x\n1\n2\n3\n4\n5\n6\n7\ny\n", "a", "b"),
            "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-0\n+x\n 1\n 2\n 3\n@@ -6,4 +6,4 @@\n 5\n 6\n 7\n-8\n+y\n");
}

// What a patch says is what patching needs: read as instructions it turns one text into the other.
TEST(UnifiedDiff, TurnsOneTextIntoTheOther) {
  std::mt19937 random(7);
  const auto text = [&random](std::size_t lines) {
    std::string out;
    for (std::size_t i = 0; i < lines; ++i) out += std::string(1, static_cast<char>('a' + random() % 4)) + "\n";
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    const std::string before = text(random() % 40), after = text(random() % 40);
    const std::string diff = unified_diff(before, after, "b", "a");
    if (diff.empty()) {
      EXPECT_EQ(before, after);
      continue;
    }
    std::string patched;
    std::size_t taken = 0;  // bytes of `before`; every line here has two
    std::size_t at = diff.find("@@ -");
    while (at < diff.size()) {
      const std::size_t end = diff.find('\n', at);
      const std::string line = diff.substr(at, end - at);
      at = end + 1;
      if (line.starts_with("@@ -")) {
        const std::size_t start = std::stoul(line.substr(4));
        const bool none = line.substr(4, line.find(' ', 4) - 4).ends_with(",0");
        const std::size_t upto = 2 * (none ? start : start - 1);
        patched += before.substr(taken, upto - taken);
        taken = upto;
        continue;
      }
      if (line[0] != '+') {
        EXPECT_EQ(before.substr(taken, 1), line.substr(1));
        taken += 2;
      }
      if (line[0] != '-') patched += line.substr(1) + "\n";
    }
    patched += before.substr(taken);
    EXPECT_EQ(patched, after);
  }
}

TEST(UnifiedDiff, EndsSoonWhereEverythingDiffers) {
  std::string before, after;
  for (int i = 0; i < 20000; ++i) {
    before += "a" + std::to_string(i) + "\n";
    after += "b" + std::to_string(i) + "\n";
  }
  const std::string diff = unified_diff(before, after, "b", "a");
  EXPECT_NE(diff.find("@@ -1,20000 +1,20000 @@\n-a0\n"), std::string::npos);
}

}  // namespace
