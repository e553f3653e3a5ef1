#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ostream>
#include <span>

#include <gtest/gtest.h>

namespace tests {

/// How far numbers are from a golden, as fixtures/README.md measures it: largest and root mean square difference, both
/// as a share of the golden's root mean square.
struct Difference {
  double e_max = 0, e_rms = 0;
};

inline Difference difference(std::span<const float> actual, std::span<const float> golden) {
  double largest = 0, squares = 0, golden_squares = 0;
  for (std::size_t i = 0; i < golden.size(); ++i) {
    const double apart = std::abs(static_cast<double>(actual[i]) - static_cast<double>(golden[i]));
    largest = std::isnan(apart) ? INFINITY : std::max(largest, apart);
    squares += apart * apart;
    golden_squares += static_cast<double>(golden[i]) * static_cast<double>(golden[i]);
  }
  const double rms = std::sqrt(golden_squares / static_cast<double>(golden.size()));
  return {largest / rms, std::sqrt(squares / static_cast<double>(golden.size())) / rms};
}

/// Whether `actual` has the golden's size and lies within both limits.
inline testing::AssertionResult close_to(std::span<const float> actual, std::span<const float> golden, double e_max,
                                         double e_rms = INFINITY) {
  if (actual.size() != golden.size() || golden.empty()) {
    return testing::AssertionFailure() << actual.size() << " numbers, the golden has " << golden.size();
  }
  const Difference found = difference(actual, golden);
  if (found.e_max <= e_max && found.e_rms <= e_rms) {
    return testing::AssertionSuccess() << "e_max " << found.e_max << ", e_rms " << found.e_rms;
  }
  return testing::AssertionFailure() << "e_max " << found.e_max << " (limit " << e_max << "), e_rms " << found.e_rms
                                     << " (limit " << e_rms << ")";
}

}  // namespace tests
