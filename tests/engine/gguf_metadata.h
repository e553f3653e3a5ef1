#pragma once

#include "tests/support/gguf_bytes.h"

namespace tests {

/// Metadata of a tiny model: hidden 8, two heads of 4, one key head, two layers, vocabulary of 5.
inline GgufBytes metadata_of(const std::string& architecture) {
  GgufBytes file;
  file.text("general.architecture", architecture);
  const auto number = [&](const std::string& key, std::uint32_t value) {
    file.number(architecture + "." + key, value);
  };
  number("block_count", 2);
  number("context_length", 64);
  number("embedding_length", 8);
  number("feed_forward_length", 12);
  number("attention.head_count", 2);
  number("attention.head_count_kv", 1);
  file.real(architecture + ".attention.layer_norm_rms_epsilon", 1e-5f);
  return file;
}

}  // namespace tests
