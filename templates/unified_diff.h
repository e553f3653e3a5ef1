#pragma once

#include <string>
#include <string_view>

namespace templates {

// The difference of two texts in the unified form (GNU diffutils manual, "Unified Format"), three lines of context,
// without times in its head. Empty where they are equal. Cost grows with the product of the lines that differ; where
// those are many, all of them are shown as replaced.
std::string unified_diff(std::string_view before, std::string_view after, std::string_view before_name,
                         std::string_view after_name);

}  // namespace templates
