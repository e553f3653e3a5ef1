#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
#include <numeric>
#include <string>
#include <thread>

#include "engine/base/file_view.h"
#include "engine/engine.h"
#include "engine/models/ernie4_5.h"
#include "tests/support/fixtures.h"
#include "tests/support/model_run.h"

// A model that does not fit the memory.

namespace {

using namespace engine;

TEST(FromDisk, ExpertsThatAreAskedForGiveTheSameLogits) {
  std::vector<std::int32_t> ids(60);
  std::iota(ids.begin(), ids.end(), 5);
  for (const char* name : {"models/ernie4_5_moe-bias", "quantised/ernie4_5_moe-BF16.gguf", "quantised_hf/gptq-whole-ernie4_5_moe"}) {
    tests::ModelRun in_memory(tests::fixture(name)), from_disk(tests::fixture(name));
    from_disk.model = Ernie45::load(*from_disk.source, *from_disk.backend, true, {});
    for (const std::int64_t chunk : {std::int64_t{1}, std::int64_t{60}}) {
      EXPECT_EQ(from_disk.feed(from_disk.fresh(), ids, chunk), in_memory.feed(in_memory.fresh(), ids, chunk)) << name;
    }
  }
}

/// How many pages of the view are in memory.
std::size_t resident(const FileView& view) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  std::vector<unsigned char> pages((view.bytes().size() + page - 1) / page);
  EXPECT_EQ(mincore(const_cast<std::byte*>(view.bytes().data()), view.bytes().size(), pages.data()), 0);
  return static_cast<std::size_t>(std::count_if(pages.begin(), pages.end(), [](unsigned char state) { return (state & 1) != 0; }));
}

TEST(FromDisk, RequestedPagesComeWithoutBeingTouched) {
  constexpr std::size_t kBytes = std::size_t{24} << 20;
  const tests::ScratchFolder scratch;
  const auto path = scratch.write("weights", std::string(kBytes, 'w'));
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  fsync(file);
  posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  close(file);
  const FileView view = FileView::open(path);
  const std::size_t before = resident(view);
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  if (before * page > kBytes / 2) GTEST_SKIP() << "this file system keeps its files in memory";
  const auto wanted = view.bytes().subspan(1000, (std::size_t{16} << 20) - 2000);  // 16 MiB, neither end at a page
  request_pages(wanted);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (resident(view) < before + wanted.size() / page - 1 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  EXPECT_GE(resident(view) * page, wanted.size());
  request_pages({});
}

#ifdef __linux__
/// Whether this program asked for huge pages where it maps the file, by the system's own word.
bool asked_for_huge_pages(const std::filesystem::path& file) {
  std::ifstream maps("/proc/self/smaps");
  bool of_file = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(file.string()) != std::string::npos) of_file = true;
    if (line.rfind("VmFlags:", 0) != 0) continue;
    if (of_file) return line.find(" hg") != std::string::npos;
  }
  ADD_FAILURE() << file << " is not mapped";
  return false;
}

TEST(FromDisk, HugePagesAreAskedForOnlyWhereAllFitsTheMemory) {
  if (!std::ifstream("/sys/kernel/mm/transparent_hugepage/enabled")) GTEST_SKIP() << "this system has no huge pages";
  const auto path = tests::fixture("quantised/ernie4_5_moe-BF16.gguf");
  const auto open = [&path] {
    auto source = ModelSource::open(path);
    EXPECT_FALSE(asked_for_huge_pages(path));
    return source;
  };
  EngineOptions options;
  const auto backend = create_backend(options);
  {
    const auto source = open();
    const auto model = create_model(*source, *backend, options, {});
    EXPECT_TRUE(asked_for_huge_pages(path));
  }
  options.prefill_chunk = std::numeric_limits<std::int32_t>::max();  // activations of terabytes
  const auto source = open();
  const auto model = create_model(*source, *backend, options, {});
  EXPECT_FALSE(asked_for_huge_pages(path));
}
#endif

TEST(FromDisk, APlanBeyondTheMemoryIsSaid) {
  EXPECT_TRUE(fits_memory(1));
  EXPECT_FALSE(fits_memory(std::numeric_limits<std::uint64_t>::max()));
  EngineOptions options;
  EXPECT_FALSE(inspect(tests::fixture("models/ernie4_5-tied"), options).larger_than_memory);
  options.context_length = std::numeric_limits<std::int32_t>::max();  // about a terabyte of cache
  const ModelInfo info = inspect(tests::fixture("models/ernie4_5-tied"), options);
  EXPECT_TRUE(info.larger_than_memory);
  EXPECT_GT(info.memory_available, 0U);
  EXPECT_GT(info.memory_bytes, info.memory_available);
}

}  // namespace
