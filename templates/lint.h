#pragma once

#include <string>
#include <utility>
#include <vector>

#include "templates/template.h"

namespace templates {

// Something about a chat template that its user should know.
struct Finding {
  enum class Kind {
    MissingStart,        // the prompt does not begin with the tokens that the model expects first
    DoubleStart,         // a start token stands twice in a row
    UnclosedThought,     // an earlier reply leaves a thought open, or closes one that was never opened
    DroppedRole,         // messages of a role are left out without a word
    DroppedLaterSystem,  // system messages are, unless they come first
    UserTextDecides,     // what the template writes depends on the words of the user's message
    DiffersFromBuiltIn,  // it renders other text than the built-in template of the family
    Incomplete,          // too slow for all checks
  };
  Kind kind;
  std::string subject;      // what it is about: a token, a role, the words looked for, the built-in template's name
  std::string sentence;     // one, for people
  int line;                 // of the template, from 1; 0: none in particular
  std::string detail = {};  // DiffersFromBuiltIn: a unified diff of what both render

  bool operator==(const Finding&) const = default;
};

struct LintOptions {
  // The model's tokens by name ("bos_token"), which the template is given as variables.
  std::vector<std::pair<std::string, std::string>> named_tokens;
  // The built-in template of the model's family; null: none.
  const Template* built_in = nullptr;
  std::string built_in_name;
  LocalTime now;
};

// Looks a compiled template over: renders small conversations with it and reads its program. It never fails: what a
// rendering refuses is not a finding. Costs some hundred small renderings, a second and a half at most.
std::vector<Finding> lint(const Template& chat_template, const LintOptions& options = {});

}  // namespace templates
