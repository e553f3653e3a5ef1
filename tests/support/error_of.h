#pragma once

#include <gtest/gtest.h>

#include <string>

#include "engine/base/error.h"
#include "engine/base/utf8.h"

namespace tests {

/// What `action` throws, as "Code: sentence"; empty where it throws nothing. The sentence must be one line of UTF-8.
/// Any exception that is not an engine::Error passes through and fails the test.
template <typename Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const engine::Error& error) {
    EXPECT_TRUE(engine::is_utf8(error.what()));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return std::string(engine::name_of(error.code())) + ": " + error.what();
  }
  return {};
}

}  // namespace tests
