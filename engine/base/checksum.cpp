#include "engine/base/checksum.h"

#include <array>
#include <bit>
#include <cstring>

namespace engine {

namespace {

constexpr std::size_t kLanes = 4;  // independent chains, so that a multiplication does not wait for the one before
constexpr std::size_t kWord = sizeof(std::uint64_t);

/// Takes one word in. One-to-one in `state` for a given word and in `word` for a given state (xor, an odd factor, a
/// rotation and a shifted xor each are), so that one changed word always changes the sum.
std::uint64_t step(std::uint64_t state, std::uint64_t word) {
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio, odd
  state = std::rotl((state ^ word) * kFactor, 29);
  return state ^ (state >> 32);
}

std::uint64_t word_at(const std::byte* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, kWord);
  return word;
}

}  // namespace

std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed) {
  std::array<std::uint64_t, kLanes> lanes;
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = step(seed, i);
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= kLanes * kWord; at += kLanes * kWord, left -= kLanes * kWord) {
    for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = step(lanes[i], word_at(at + i * kWord));
  }
  std::uint64_t sum = step(seed, bytes.size());  // the length tells a short tail from one with zeros behind it
  for (const std::uint64_t lane : lanes) sum = step(sum, lane);
  for (; left >= kWord; at += kWord, left -= kWord) sum = step(sum, word_at(at));
  std::uint64_t tail = 0;
  if (left > 0) std::memcpy(&tail, at, left);
  return step(sum, tail);
}

}  // namespace engine
