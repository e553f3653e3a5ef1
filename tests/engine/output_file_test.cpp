#include "engine/base/output_file.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <optional>

#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"

namespace {

using engine::OutputFile;
using tests::ScratchFolder;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::ptrdiff_t files_in(const std::filesystem::path& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

TEST(OutputFile, AppearsWhenItIsComplete) {
  const ScratchFolder scratch;
  const auto path = scratch.path() / "out";
  OutputFile file(path);
  file.reserve(6);
  file.write_at(3, bytes_of("def"));
  EXPECT_FALSE(std::filesystem::exists(path));
  file.write_at(0, bytes_of("abc"));
  file.begin_to_store(0, 6);
  file.commit();
  EXPECT_EQ(tests::read_bytes(path), "abcdef");
  EXPECT_EQ(files_in(scratch.path()), 1);
}

TEST(OutputFile, LeavesWhatWasThereUntilItIsComplete) {
  const ScratchFolder scratch;
  const auto path = scratch.write("out", "before");
  {
    OutputFile file(path);
    file.write_at(0, bytes_of("half"));
    EXPECT_EQ(tests::read_bytes(path), "before");
  }
  EXPECT_EQ(tests::read_bytes(path), "before");
  EXPECT_EQ(files_in(scratch.path()), 1);
  OutputFile file(path);
  file.write_at(0, bytes_of("after"));
  file.commit();
  EXPECT_EQ(tests::read_bytes(path), "after");
}

TEST(OutputFile, TwoOfOneNameDoNotTouchEachOther) {
  const ScratchFolder scratch;
  const auto path = scratch.path() / "out";
  OutputFile first(path);
  std::optional<OutputFile> second(path);
  first.write_at(0, bytes_of("first"));
  second->write_at(0, bytes_of("second"));
  second.reset();
  first.commit();
  EXPECT_EQ(tests::read_bytes(path), "first");
  EXPECT_EQ(files_in(scratch.path()), 1);
}

TEST(OutputFile, SaysWhyItCannotBeWritten) {
  const ScratchFolder scratch;
  const auto error = [](const std::filesystem::path& path) { return tests::error_of([&] { OutputFile file(path); }); };
  EXPECT_THAT(error(scratch.path()), testing::HasSubstr("directory"));
  EXPECT_THAT(error(scratch.path() / "absent" / "out"), testing::HasSubstr("No such file"));
  EXPECT_THAT(error("/dev/null"), testing::HasSubstr("no regular file"));
  EXPECT_THAT(tests::error_of([&] { OutputFile(scratch.path() / "out").reserve(std::uint64_t{1} << 62); }),
              testing::HasSubstr("FileNotFound: Cannot write"));
  EXPECT_EQ(files_in(scratch.path()), 0);
}

}  // namespace
