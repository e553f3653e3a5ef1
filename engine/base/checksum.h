#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace engine {

/// A 64-bit checksum against accidents: a flipped bit, a block that never reached the disk, two files in one. Damage
/// within one aligned word of 8 bytes is always seen, any other all but surely. No protection against somebody who wants
/// two inputs with one sum. As fast as memory. `seed`: the sum of what came before, or any number that tells uses apart.
std::uint64_t checksum(std::span<const std::byte> bytes, std::uint64_t seed = 0);

}  // namespace engine
