#pragma once

#include <cstdint>

// What the program and the CUDA module say to each other. Finding the module, its build and the cards is C alone: it works
// whatever compiled either side. What the factory makes is engine::Backend, a C++ interface, so the factory is asked for
// only where both sides name the same build: the same version of this border and the same compiler, hence the same layout
// of classes and the same exceptions. engine::Error crosses from an operation to its caller: both sides share libstdc++,
// which compares exception types by name. Memory crosses only inside a Tensor, which carries the function that releases
// it; the module stays open until the program ends, so that this function is always there.
//
// SOTTO_CUDA_ABI_VERSION grows with every change to Backend, BackendInfo, Tensor, Scaling, KvPool, SequenceRows,
// Projection, the expert structures, EngineOptions or Error, and with this file.

#define SOTTO_CUDA_ABI_VERSION 2
#define SOTTO_CUDA_ABI_VERSION_SYMBOL "sotto_cuda_abi_version"
#define SOTTO_CUDA_LIST_DEVICES "sotto_cuda_list_devices"
#define SOTTO_CUDA_COMPILER_SYMBOL "sotto_cuda_compiler"
#define SOTTO_CUDA_CREATE_BACKEND "sotto_cuda_create_backend"

namespace engine {
class Backend;
struct EngineOptions;
}  // namespace engine

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
/// The compiler of the module's C++ (__VERSION__).
typedef const char* SottoCudaCompiler(void);
/// Fills up to `capacity` entries and returns their number; 0 with a sentence in `reason` where there is none.
typedef int SottoCudaListDevices(SottoCudaDevice* devices, int capacity, char* reason, int reason_size);
/// A backend on card `device` of the list, made with new, or null with a sentence in `reason`. `chosen` says why this
/// card, in words. Throws nothing.
typedef engine::Backend* SottoCudaCreateBackend(const engine::EngineOptions* options, int device, const char* chosen,
                                                char* reason, int reason_size);

}
