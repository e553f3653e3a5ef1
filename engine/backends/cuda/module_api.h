#pragma once

#include <cstdint>

// What the program and the CUDA module say to each other, in C: the module may be built by another compiler.

#define SOTTO_CUDA_ABI_VERSION 1
#define SOTTO_CUDA_ABI_VERSION_SYMBOL "sotto_cuda_abi_version"
#define SOTTO_CUDA_LIST_DEVICES "sotto_cuda_list_devices"

extern "C" {

/// One card. Texts end with a zero byte.
struct SottoCudaDevice {
  char name[256];
  char reason[256];  ///< empty: the card runs our code; else why not, in words
  std::uint64_t memory_total, memory_free;  ///< bytes
  std::int32_t compute_capability;          ///< 90 for 9.0
};

/// SOTTO_CUDA_ABI_VERSION of the module.
typedef int SottoCudaAbiVersion(void);
/// Fills up to `capacity` entries and returns their number; 0 with a sentence in `reason` where there is none.
typedef int SottoCudaListDevices(SottoCudaDevice* devices, int capacity, char* reason, int reason_size);

}
