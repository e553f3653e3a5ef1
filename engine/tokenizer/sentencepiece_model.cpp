#include "engine/tokenizer/sentencepiece_model.h"

#include <cmath>
#include <cstring>
#include <optional>
#include <span>
#include <unordered_set>

#include "engine/base/error.h"
#include "engine/base/file_view.h"
#include "engine/base/utf8.h"

namespace engine {

namespace {

constexpr std::size_t kMaxPieces = std::size_t{1} << 20;  // the largest published vocabularies have a quarter of that
constexpr std::size_t kMaxPieceBytes = 1024;

// Field numbers of sentencepiece_model.proto.
constexpr std::uint64_t kModelPieces = 1, kModelTrainer = 2, kModelNormalizer = 3, kModelDenormalizer = 5;
constexpr std::uint64_t kPieceText = 1, kPieceScore = 2, kPieceType = 3;
constexpr std::uint64_t kTrainerModelType = 3, kTrainerByteFallback = 35;
constexpr std::uint64_t kNormalizerCharsMap = 2, kNormalizerDummyPrefix = 3, kNormalizerRemoveSpaces = 4,
                        kNormalizerEscape = 5;
constexpr std::uint64_t kBpe = 2;  // TrainerSpec.ModelType; 1 unigram (the default), 3 word, 4 char

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

enum class Wire : std::uint64_t { Varint = 0, Fixed64 = 1, Bytes = 2, Fixed32 = 5 };

struct Field {
  std::uint64_t number = 0;
  Wire wire = Wire::Varint;
  std::uint64_t varint = 0;
  std::span<const std::byte> bytes;  // the value as it stands in the file
};

// Reads one protobuf message field by field.
class MessageReader {
 public:
  MessageReader(std::span<const std::byte> bytes, const std::string& file) : cursor_(bytes, file), file_(file) {}

  std::size_t position() const { return cursor_.position(); }

  bool next(Field& field) {
    if (cursor_.remaining() == 0) return false;
    field = {};
    const std::uint64_t tag = read_varint(field.bytes);
    field.number = tag >> 3;
    field.wire = static_cast<Wire>(tag & 7);
    if (field.number == 0 || field.number >= (std::uint64_t{1} << 29)) refuse("it has an impossible field number");
    switch (field.wire) {
      case Wire::Varint:
        field.varint = read_varint(field.bytes);
        return true;
      case Wire::Fixed64:
        field.bytes = cursor_.take(8, "a field");
        return true;
      case Wire::Fixed32:
        field.bytes = cursor_.take(4, "a field");
        return true;
      case Wire::Bytes: {
        const std::uint64_t size = read_varint(field.bytes);
        field.bytes = cursor_.take(size, "a field");
        return true;
      }
    }
    refuse("it has a field of a kind that does not exist");
  }

  // The field must be of this kind, and stand once: of repeated ones the library would take another than we checked.
  void expect(const Field& field, Wire wire, bool& seen) {
    if (field.wire != wire) refuse("field " + std::to_string(field.number) + " has the wrong kind");
    if (seen) refuse("field " + std::to_string(field.number) + " stands twice");
    seen = true;
  }

  [[noreturn]] void refuse(const std::string& reason) {
    throw Error(ErrorCode::CorruptFile, file_ + " is not a sound sentencepiece model: " + reason + ".");
  }

 private:
  std::uint64_t read_varint(std::span<const std::byte>& bytes) {
    std::uint64_t value = 0;
    const std::byte* begin = nullptr;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto one = cursor_.take(1, "a number");
      if (!begin) begin = one.data();
      const auto byte = std::to_integer<std::uint64_t>(one[0]);
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) {
        bytes = {begin, static_cast<std::size_t>(one.data() - begin) + 1};
        return value;
      }
    }
    refuse("it has a number of more than ten bytes");
  }

  ByteCursor cursor_;
  const std::string& file_;
};

// The value of a byte piece "<0x41>", or nothing.
std::optional<unsigned> byte_of(std::string_view text) {
  const auto digit = [](char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1; };
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return std::nullopt;
  const int high = digit(text[3]), low = digit(text[4]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<unsigned>(high * 16 + low);
}

SentencePieceModel::Piece parse_piece(std::span<const std::byte> message, std::string_view whole_file,
                                      const std::string& file) {
  MessageReader reader(message, file);
  SentencePieceModel::Piece piece;
  piece.begin = static_cast<std::size_t>(text_of(message).data() - whole_file.data());
  piece.end = piece.begin + message.size();
  bool has_text = false, has_score = false, has_type = false;
  Field field;
  while (reader.next(field)) {
    if (field.number == kPieceText) {
      reader.expect(field, Wire::Bytes, has_text);
      piece.text = text_of(field.bytes);
    } else if (field.number == kPieceScore) {
      reader.expect(field, Wire::Fixed32, has_score);
      std::memcpy(&piece.score, field.bytes.data(), sizeof piece.score);
      if (!std::isfinite(piece.score)) reader.refuse("piece " + in_quotes(piece.text) + " has a score that is not a number");
    } else if (field.number == kPieceType) {
      reader.expect(field, Wire::Varint, has_type);
      if (field.varint < 1 || field.varint > 6 || field.bytes.size() != 1) reader.refuse("a piece has an unknown type");
      piece.type = static_cast<SentencePieceModel::Type>(field.varint);
      piece.type_offset =
          static_cast<std::size_t>(reinterpret_cast<const char*>(field.bytes.data()) - whole_file.data());
    }
  }
  if (piece.text.empty()) reader.refuse("a piece is empty");
  if (piece.text.size() > kMaxPieceBytes) {
    reader.refuse("piece " + in_quotes(piece.text) + " has " + std::to_string(piece.text.size()) + " bytes");
  }
  if (!is_utf8(piece.text) || piece.text.find('\0') != std::string::npos) {
    reader.refuse("piece " + in_quotes(piece.text) + " is not UTF-8 text");
  }
  return piece;
}

// The normalisation table: u32 size of a double array (Darts-clone layout), the array, then the replacement texts, each
// ended by NUL. The library follows the array without looking at its bounds, so every step that a search can take is
// checked here: from a unit, to any of the 256 places below it, and to the text that it names.
void check_chars_map(std::string_view map, MessageReader& reader) {
  if (map.empty()) return;
  std::uint32_t array_bytes = 0;
  if (map.size() <= sizeof array_bytes) reader.refuse("the normalisation table is cut short");
  std::memcpy(&array_bytes, map.data(), sizeof array_bytes);
  map.remove_prefix(sizeof array_bytes);
  if (array_bytes >= map.size() || array_bytes == 0 || array_bytes % 4 != 0 || map.back() != '\0') {
    reader.refuse("the normalisation table is damaged");
  }
  const std::size_t units = array_bytes / 4;
  const std::size_t text_bytes = map.size() - array_bytes;
  const auto unit_at = [&](std::size_t i) {
    std::uint32_t unit = 0;
    std::memcpy(&unit, map.data() + 4 * i, sizeof unit);
    return unit;
  };
  for (std::size_t i = 0; i < units; ++i) {
    const std::uint32_t unit = unit_at(i);
    const bool is_value = (unit & 0x80000000u) != 0;
    if (is_value && i != 0) continue;  // no label matches it: a search never goes on from here
    const std::uint32_t offset = (unit >> 10) << ((unit & 0x200u) >> 6);
    const std::size_t children = i ^ offset;
    if ((children | 0xFF) >= units) reader.refuse("the normalisation table points outside itself");
    const bool has_value = (unit & 0x100u) != 0;
    if (has_value && (unit_at(children) & 0x7FFFFFFFu) >= text_bytes) {
      reader.refuse("the normalisation table points outside its texts");
    }
  }
}

// What a NormalizerSpec says, into `model`.
void parse_normalizer(std::span<const std::byte> message, const std::string& file, SentencePieceModel& model) {
  MessageReader reader(message, file);
  bool has_map = false, has_prefix = false, has_remove = false, has_escape = false;
  const auto read_flag = [&reader](const Field& field, bool& seen, bool& flag) {
    reader.expect(field, Wire::Varint, seen);
    flag = field.varint != 0;
  };
  Field field;
  while (reader.next(field)) {
    if (field.number == kNormalizerCharsMap) {
      reader.expect(field, Wire::Bytes, has_map);
      check_chars_map(text_of(field.bytes), reader);
      model.chars_map = text_of(field.bytes);
    } else if (field.number == kNormalizerDummyPrefix) {
      read_flag(field, has_prefix, model.adds_dummy_prefix);
    } else if (field.number == kNormalizerRemoveSpaces) {
      read_flag(field, has_remove, model.removes_extra_spaces);
    } else if (field.number == kNormalizerEscape) {
      read_flag(field, has_escape, model.escapes_whitespace);
    }
  }
}

struct Trainer {
  std::uint64_t model_type = 1;
  bool byte_fallback = false;
};

Trainer parse_trainer(std::span<const std::byte> message, const std::string& file) {
  MessageReader reader(message, file);
  Trainer trainer;
  bool has_type = false, has_fallback = false;
  Field field;
  while (reader.next(field)) {
    if (field.number == kTrainerModelType) {
      reader.expect(field, Wire::Varint, has_type);
      trainer.model_type = field.varint;
    } else if (field.number == kTrainerByteFallback) {
      reader.expect(field, Wire::Varint, has_fallback);
      trainer.byte_fallback = field.varint != 0;
    }
  }
  return trainer;
}

// Writing: a number, and a field that holds bytes.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7F) | 0x80);
  return bytes += static_cast<char>(value);
}
std::string number_field(std::uint64_t number, std::uint64_t value) {
  return varint(number << 3 | static_cast<std::uint64_t>(Wire::Varint)) + varint(value);
}
std::string bytes_field(std::uint64_t number, std::string_view bytes) {
  return (varint(number << 3 | static_cast<std::uint64_t>(Wire::Bytes)) + varint(bytes.size())).append(bytes);
}

void check_pieces(const SentencePieceModel& model, bool byte_fallback, MessageReader& reader) {
  using Type = SentencePieceModel::Type;
  std::unordered_set<std::string_view> texts;
  std::size_t unknown = 0, bytes = 0;
  for (const auto& piece : model.pieces) {
    if (!texts.insert(piece.text).second) reader.refuse("piece " + in_quotes(piece.text) + " stands twice");
    unknown += piece.type == Type::Unknown;
    bytes += piece.type == Type::Byte;
    if (piece.type == Type::Byte && !byte_of(piece.text)) {
      reader.refuse("byte piece " + in_quotes(piece.text) + " is not of the form <0x41>");
    }
  }
  if (unknown != 1) reader.refuse("it has " + std::to_string(unknown) + " pieces for unknown text, expected one");
  if (byte_fallback && bytes != 256) {
    reader.refuse("it falls back to bytes but has " + std::to_string(bytes) + " byte pieces, expected 256");
  }
}

}  // namespace

SentencePieceModel parse_sentencepiece_model(std::string_view bytes, const std::string& file) {
  MessageReader reader(std::as_bytes(std::span(bytes)), file);
  SentencePieceModel model;
  Trainer trainer;
  bool has_trainer = false, has_normalizer = false, has_denormalizer = false;
  SentencePieceModel ignored;
  Field field;
  for (std::size_t begin = 0; reader.next(field); begin = reader.position()) {
    if (field.number == kModelPieces) {
      if (field.wire != Wire::Bytes) reader.refuse("a piece has the wrong kind");
      if (model.pieces.size() == kMaxPieces)
        reader.refuse("it has more than " + std::to_string(kMaxPieces) + " pieces");
      model.pieces.push_back(parse_piece(field.bytes, bytes, file));
      model.pieces.back().field_begin = begin;
    } else if (field.number == kModelTrainer) {
      reader.expect(field, Wire::Bytes, has_trainer);
      trainer = parse_trainer(field.bytes, file);
    } else if (field.number == kModelNormalizer) {
      reader.expect(field, Wire::Bytes, has_normalizer);
      parse_normalizer(field.bytes, file, model);
    } else if (field.number == kModelDenormalizer) {
      reader.expect(field, Wire::Bytes, has_denormalizer);
      parse_normalizer(field.bytes, file, ignored);
    }
  }
  check_pieces(model, trainer.byte_fallback, reader);
  if (trainer.model_type != kBpe) {
    throw Error(ErrorCode::UnsupportedModel, file + " is a sentencepiece model of type " +
                                                 std::to_string(trainer.model_type) +
                                                 "; this version of Sotto reads BPE models (type 2).");
  }
  return model;
}

std::string with_control_pieces(std::string_view bytes, const SentencePieceModel& model,
                                const std::vector<bool>& controls) {
  using Type = SentencePieceModel::Type;
  constexpr char control = static_cast<char>(Type::Control);
  std::string result;
  std::size_t done = 0;  // bytes of the file that are in the result
  for (std::size_t id = 0; id < model.pieces.size(); ++id) {
    const auto& piece = model.pieces[id];
    if (!controls[id] || piece.type == Type::Unknown || piece.type == Type::Byte) continue;
    std::string message(bytes.substr(piece.begin, piece.end - piece.begin));
    if (piece.type_offset != 0) {
      message[piece.type_offset - piece.begin] = control;
    } else {
      message += number_field(kPieceType, static_cast<std::uint64_t>(control));
    }
    result += bytes.substr(done, piece.field_begin - done);
    result += bytes_field(kModelPieces, message);
    done = piece.end;
  }
  return result += bytes.substr(done);
}

std::string model_of_pieces(const PieceVocabulary& vocabulary) {
  if (vocabulary.scores.size() != vocabulary.pieces.size() || vocabulary.types.size() != vocabulary.pieces.size()) {
    throw Error(ErrorCode::CorruptFile,
                vocabulary.source + ": the tokenizer has " + std::to_string(vocabulary.pieces.size()) + " pieces, " +
                    std::to_string(vocabulary.scores.size()) + " scores and " +
                    std::to_string(vocabulary.types.size()) + " types; there must be as many of each.");
  }
  std::string model;
  bool has_bytes = false;
  for (std::size_t id = 0; id < vocabulary.pieces.size(); ++id) {
    std::string score(sizeof(float), '\0');
    std::memcpy(score.data(), &vocabulary.scores[id], sizeof(float));
    const auto type = static_cast<std::uint64_t>(vocabulary.types[id]);
    has_bytes = has_bytes || vocabulary.types[id] == static_cast<std::int32_t>(SentencePieceModel::Type::Byte);
    std::string piece = bytes_field(kPieceText, vocabulary.pieces[id]);
    piece += varint(kPieceScore << 3 | static_cast<std::uint64_t>(Wire::Fixed32)) + score;
    piece += number_field(kPieceType, type);
    model += bytes_field(kModelPieces, piece);
  }
  model += bytes_field(kModelTrainer,
                       number_field(kTrainerModelType, kBpe) + number_field(kTrainerByteFallback, has_bytes ? 1 : 0));
  std::string normalizer = number_field(kNormalizerDummyPrefix, vocabulary.add_space_prefix) +
                           number_field(kNormalizerRemoveSpaces, vocabulary.remove_extra_spaces) +
                           number_field(kNormalizerEscape, 1);
  if (!vocabulary.chars_map.empty()) normalizer += bytes_field(kNormalizerCharsMap, vocabulary.chars_map);
  return model += bytes_field(kModelNormalizer, normalizer);
}

}  // namespace engine
