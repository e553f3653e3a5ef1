#pragma once

#include <cstdint>

namespace engine {

// What the numbers of a model may be: far above every published one, low enough that no product of two overflows and no
// table is absurd.
inline constexpr std::int64_t kMaxWidth = std::int64_t{1} << 20;  ///< hidden and intermediate sizes
inline constexpr std::int64_t kMaxLayers = 4096;
inline constexpr std::int64_t kMaxHeads = 4096;
inline constexpr std::int64_t kMaxHeadDim = 4096;
inline constexpr std::int64_t kMaxVocab = std::int64_t{1} << 24;
inline constexpr std::int64_t kMaxContext = std::int64_t{1} << 27;
inline constexpr std::int64_t kMaxExperts = 65536;

}  // namespace engine
