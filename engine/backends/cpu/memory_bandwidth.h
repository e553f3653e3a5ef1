#pragma once

#include <cstddef>

namespace engine {

/// What a plain read of main memory reaches on this machine just now, in gigabytes (1e9 bytes) per second: `threads`
/// threads read a buffer of `bytes` from end to end, the best of `repeats` passes counts. The buffer should be well
/// beyond the last cache; it is written once first. The yardstick of decoding. Throws Error(OutOfMemory).
double measure_read_bandwidth(int threads, std::size_t bytes = std::size_t{1} << 30, int repeats = 3);

}  // namespace engine
