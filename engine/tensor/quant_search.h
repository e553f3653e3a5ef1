#pragma once

namespace engine {

/// x is about scale * q - minimum for q in 0 ... 15; scale and minimum are not negative.
struct AffineFit {
  float scale = 0.0f, minimum = 0.0f;
};

/// The scale and minimum for 32 numbers that leave the least weighted error (see encode() in quant_blocks.h).
AffineFit fit_affine(const float* x);

/// Whole multiples of d and dmin for a scale and a minimum, 0 ... 63 each.
struct AffineLevels {
  int scale = 0, minimum = 0;
};

/// Those next to `fit` that leave the least error once the 32 numbers are rounded with them: what rounding the scale
/// costs, the minimum can often give back.
AffineLevels choose_levels(const float* x, const AffineFit& fit, float d, float dmin);

/// The scale of either sign for 16 numbers, x about scale * q for q in -32 ... 31, chosen in the same way.
float fit_symmetric(const float* x);

}  // namespace engine
