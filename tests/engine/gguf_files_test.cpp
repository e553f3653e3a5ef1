// Models in several GGUF files, and folders of them.
#include "engine/formats/gguf_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/backends/backend.h"
#include "engine/formats/model_source.h"
#include "tests/engine/gguf_metadata.h"
#include "tests/support/error_of.h"
#include "tests/support/fixtures.h"

namespace {

namespace fs = std::filesystem;
using engine::ModelSource;
using testing::AllOf;
using testing::HasSubstr;
using tests::error_of;
using tests::GgufBytes;
using tests::metadata_of;
using tests::raw;
using tests::ScratchFolder;

// Part `number` (from 0) of three of a model with one tensor in each.
GgufBytes part(std::uint16_t number, std::uint16_t count = 3, std::int32_t tensors = 3) {
  GgufBytes file = number == 0 ? metadata_of("ernie4_5") : GgufBytes();
  file.key("split.no", GgufBytes::U16, raw(number)).key("split.count", GgufBytes::U16, raw(count));
  file.key("split.tensors.count", GgufBytes::I32, raw(tensors));
  if (number == 0) return file.zeros("token_embd.weight", {8, 5});
  return file.zeros("blk." + std::to_string(number - 1) + ".ffn_norm.weight", {8});
}
fs::path write_parts(const ScratchFolder& folder, std::uint16_t left_out = 9) {
  for (std::uint16_t i = 0; i < 3; ++i) {
    if (i != left_out) folder.write("m/big-0000" + std::to_string(i + 1) + "-of-00003.gguf", part(i).bytes());
  }
  return folder.path() / "m";
}

TEST(GgufParts, AnyPartAndTheFolderOpenTheWholeModel) {
  const ScratchFolder folder;
  const fs::path model = write_parts(folder);
  for (const fs::path& path : {model / "big-00001-of-00003.gguf", model / "big-00003-of-00003.gguf", model}) {
    const auto source = ModelSource::open(path);
    EXPECT_EQ(source->tensors().size(), 3u);
    EXPECT_EQ(source->config().hidden_size, 8);
    EXPECT_EQ(source->path().filename(), "big-00001-of-00003.gguf");
  }
}

TEST(GgufParts, SayWhichPartIsMissing) {
  const ScratchFolder folder;
  const fs::path model = write_parts(folder, 1);
  EXPECT_THAT(error_of([&] { ModelSource::open(model / "big-00001-of-00003.gguf"); }),
              AllOf(HasSubstr("FileNotFound: Part 2 of 3"), HasSubstr("big-00002-of-00003.gguf")));
}

TEST(GgufParts, MustBelongTogether) {
  const auto with = [](const GgufBytes& second) {
    const ScratchFolder folder;
    const fs::path model = write_parts(folder);
    folder.write("m/big-00002-of-00003.gguf", second.bytes());
    return error_of([&] { ModelSource::open(model / "big-00001-of-00003.gguf"); });
  };
  ASSERT_EQ(with(part(1)), "");
  EXPECT_THAT(with(part(2)), HasSubstr("m/big-00002-of-00003.gguf does not say that it is part 2 of 3"));
  EXPECT_THAT(with(part(1, 4)), HasSubstr("does not say that it is part 2 of 3"));
  EXPECT_THAT(with(GgufBytes()), HasSubstr("does not say that it is part 2 of 3"));
  EXPECT_THAT(with(part(1).zeros("token_embd.weight", {8, 5})),
              HasSubstr("tensor \"token_embd.weight\" stands in another part too"));
  EXPECT_THAT(with(part(1).zeros("more", {8})), HasSubstr("\"split.tensors.count\" says 3 tensors, the parts have 4"));
}

TEST(GgufParts, MustKeepTheirNames) {
  const ScratchFolder folder;
  for (const char* name : {"renamed.gguf", "big-00002-of-00003.gguf", "big-00001-of-00004.gguf", "big-1-of-3.gguf"}) {
    const auto file = folder.write(name, part(0).bytes());
    EXPECT_THAT(error_of([&] { ModelSource::open(file); }),
                AllOf(HasSubstr("CorruptFile"), HasSubstr("is part 1 of 3"), HasSubstr("-00001-of-00003.gguf")))
        << name;
  }
  const auto odd = folder.write("odd.gguf", part(3).bytes());
  EXPECT_THAT(error_of([&] { ModelSource::open(odd); }), HasSubstr("\"split.no\" must be a whole number from 0 to 2"));
}

TEST(GgufFolder, MustHoldOneModelOnly) {
  const ScratchFolder folder;
  const std::string model = metadata_of("ernie4_5").zeros("token_embd.weight", {8, 5}).bytes();
  folder.write("m/one.gguf", model);
  EXPECT_EQ(ModelSource::open(folder.path() / "m")->path().filename(), "one.gguf");
  folder.write("m/two.gguf", model);
  EXPECT_THAT(error_of([&] { ModelSource::open(folder.path() / "m"); }), HasSubstr("has several GGUF models"));
  EXPECT_EQ(ModelSource::open(folder.path() / "m/two.gguf")->config().hidden_size, 8);
  // A file is known by what it is, too.
  EXPECT_EQ(ModelSource::open(folder.write("blob", model))->config().hidden_size, 8);
  EXPECT_THAT(error_of([&] { ModelSource::open(folder.write("not.gguf", "nonsense")); }),
              HasSubstr("not.gguf is not a GGUF file"));
}

}  // namespace
