#include "app/markdown/block_builder.h"

#include <md4c.h>

#include <QStringList>
#include <algorithm>

#include "app/markdown/rich_text.h"

namespace app {

namespace {

constexpr int kDeepestBlock = 32;  // lists and quotes inside each other; more than people can read
constexpr int kDeepestSpan = 16;   // bold in italics in a link ...; deeper ones lose their tags, not their text
constexpr int kMostColumns = 64;
constexpr int kMostCells = 20000;
constexpr qsizetype kOutputPerInput = 16;  // an escaped character takes six, a tag of one mark at most eight
constexpr qsizetype kOutputBase = 4096;

/// Receives the events of md4c and makes blocks of them. Its callbacks return false to give up on the text.
class BlockBuilder {
 public:
  BlockBuilder(const QByteArray& markdown, const ParsedBlocks::Top& previous)
      : markdown_(markdown), previous_(previous), outputLimit_(kOutputPerInput * markdown.size() + kOutputBase) {}

  bool enterBlock(MD_BLOCKTYPE type, void* detail);
  bool leaveBlock(MD_BLOCKTYPE type);
  bool enterSpan(MD_SPANTYPE type, void* detail);
  bool leaveSpan();
  bool text(MD_TEXTTYPE type, const char* bytes, qsizetype size);

  ParsedBlocks result;
  bool gaveUp = false;  // a callback asked md4c to stop; its return value does not always tell

 private:
  using Top = ParsedBlocks::Top;

  struct List {
    bool ordered = false;
    int next = 0;
    char delimiter = 0;
  };

  struct Item {
    QString marker;
    int checked = -1;
    bool shown = false;  // a row carries the marker already
  };

  bool atTop() const { return lists_.isEmpty() && quotes_ == 0; }
  void beginTop(Top::Kind kind);
  void noteText(const char* bytes);
  void keepTabs(const char* bytes);
  void beginInline();
  void endInline();
  void showMarker();
  void place(Block& block);
  void push(Block block);
  void enterItem(const MD_BLOCK_LI_DETAIL& detail);
  bool enterTable(const MD_BLOCK_TABLE_DETAIL& detail);
  bool endCell();
  void add(const QString& rich, const QString& plain);

  const QByteArray& markdown_;
  const Top previous_;
  const qsizetype outputLimit_;
  qsizetype output_ = 0;

  QList<List> lists_;
  QList<Item> items_;
  int quotes_ = 0;
  int heading_ = 0;
  bool inCode_ = false;
  bool inlineOpen_ = false;
  QString rich_;
  QString plain_;
  QStringList closingTags_;  // of the open spans; empty where a span shows no tag
  Block block_;              // the code block or table that is being read
};

void BlockBuilder::beginTop(Top::Kind kind) {
  Top top;
  top.kind = kind;
  top.firstBlock = result.blocks.size();
  result.tops.append(top);
}

/// Keeps the place of a top block's first text. md4c hands out pieces of the input itself, but for line breaks.
void BlockBuilder::noteText(const char* bytes) {
  if (result.tops.isEmpty() || result.tops.last().firstText >= 0) return;
  const std::less<> before;
  const char* begin = markdown_.constData();
  if (!before(bytes, begin) && before(bytes, begin + markdown_.size())) result.tops.last().firstText = bytes - begin;
}

void BlockBuilder::beginInline() {
  inlineOpen_ = true;
  rich_.clear();
  plain_.clear();
}

void BlockBuilder::push(Block block) {
  result.blocks.append(std::move(block));
}

/// Makes a row of text what its surroundings say: part of a quote, of a list item, or text by itself.
void BlockBuilder::place(Block& block) {
  if (!items_.isEmpty() && !items_.last().shown) {
    items_.last().shown = true;
    block.marker = items_.last().marker;
    block.checked = items_.last().checked;
  }
  if (quotes_ > 0) {
    block.kind = BlockKind::Quote;
    block.level = quotes_ - 1;
    if (!block.marker.isEmpty()) {
      block.rich.prepend(block.marker + QLatin1Char(' '));
      block.plain.prepend(block.marker + QLatin1Char(' '));
    }
  } else {
    block.kind = BlockKind::List;
    block.level = static_cast<int>(lists_.size()) - 1;
  }
}

void BlockBuilder::endInline() {
  if (!inlineOpen_) return;
  inlineOpen_ = false;
  Block block;
  block.rich = rich_.trimmed();
  block.plain = plain_.trimmed();
  if (atTop()) {
    block.kind = heading_ > 0 ? BlockKind::Heading : BlockKind::Text;
    block.level = heading_;
    if (block.plain.isEmpty()) return;
  } else {
    if (heading_ > 0) block.rich = QLatin1String("<b>") + block.rich + QLatin1String("</b>");
    if (block.plain.isEmpty() && (items_.isEmpty() || items_.last().shown)) return;
    place(block);
  }
  push(std::move(block));
}

/// An item that begins with something else than text (code, another list) still shows its marker.
void BlockBuilder::showMarker() {
  if (items_.isEmpty() || items_.last().shown) return;
  Block block;
  place(block);
  push(std::move(block));
}

void BlockBuilder::enterItem(const MD_BLOCK_LI_DETAIL& detail) {
  static const QString kBullets[] = {QStringLiteral("•"), QStringLiteral("◦"), QStringLiteral("▪")};
  List& list = lists_.last();
  if (lists_.size() == 1 && quotes_ == 0) {
    beginTop(Top::Kind::Item);
    if (list.ordered) {
      result.tops.last().number = list.next;
      result.tops.last().delimiter = list.delimiter;
    }
  }
  Item item;
  item.marker = list.ordered ? QString::number(list.next++) + QLatin1Char(list.delimiter)
                             : kBullets[(lists_.size() - 1) % std::size(kBullets)];
  if (detail.is_task) item.checked = detail.task_mark == ' ' ? 0 : 1;
  items_.append(item);
}

bool BlockBuilder::enterTable(const MD_BLOCK_TABLE_DETAIL& detail) {
  if (detail.col_count > kMostColumns) return false;
  showMarker();
  block_ = {};
  block_.kind = BlockKind::Table;
  block_.columns = static_cast<int>(detail.col_count);
  block_.level = static_cast<int>(lists_.size()) + quotes_;
  return true;
}

bool BlockBuilder::enterBlock(MD_BLOCKTYPE type, void* detail) {
  if (type != MD_BLOCK_DOC) endInline();
  switch (type) {
    case MD_BLOCK_DOC:
      return true;
    case MD_BLOCK_QUOTE:
      if (atTop()) beginTop(Top::Kind::Quote);
      showMarker();
      return ++quotes_ + lists_.size() <= kDeepestBlock;
    case MD_BLOCK_UL:
      showMarker();
      lists_.append(List{});
      return quotes_ + lists_.size() <= kDeepestBlock;
    case MD_BLOCK_OL: {
      showMarker();
      const auto* list = static_cast<MD_BLOCK_OL_DETAIL*>(detail);
      const bool goesOn =
          atTop() && result.tops.isEmpty() && previous_.number >= 0 && previous_.delimiter == list->mark_delimiter;
      const int start = goesOn ? previous_.number + 1 : static_cast<int>(std::min(list->start, 999999999U));
      lists_.append(List{true, start, list->mark_delimiter});
      return quotes_ + lists_.size() <= kDeepestBlock;
    }
    case MD_BLOCK_LI:
      enterItem(*static_cast<MD_BLOCK_LI_DETAIL*>(detail));
      return true;
    case MD_BLOCK_HR:
      if (atTop()) beginTop(Top::Kind::Other);
      showMarker();
      block_ = {};
      block_.kind = BlockKind::Rule;
      push(block_);
      return true;
    case MD_BLOCK_H:
      if (atTop()) beginTop(Top::Kind::Heading);
      heading_ = static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level);
      beginInline();
      return true;
    case MD_BLOCK_CODE: {
      if (atTop()) beginTop(Top::Kind::Code);
      showMarker();
      inCode_ = true;
      block_ = {};
      block_.kind = BlockKind::Code;
      block_.level = static_cast<int>(lists_.size()) + quotes_;
      const MD_ATTRIBUTE& language = static_cast<MD_BLOCK_CODE_DETAIL*>(detail)->lang;
      block_.language = QString::fromUtf8(language.text, static_cast<qsizetype>(std::min(language.size, 64U)));
      return true;
    }
    case MD_BLOCK_HTML:  // not made: HTML is text here
    case MD_BLOCK_P:
      if (atTop()) beginTop(Top::Kind::Paragraph);
      beginInline();
      return true;
    case MD_BLOCK_TABLE:
      if (atTop()) beginTop(Top::Kind::Table);
      return enterTable(*static_cast<MD_BLOCK_TABLE_DETAIL*>(detail));
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
      return true;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD: {
      if (block_.alignments.size() < block_.columns) {
        const MD_ALIGN align = static_cast<MD_BLOCK_TD_DETAIL*>(detail)->align;
        block_.alignments << (align == MD_ALIGN_RIGHT    ? QStringLiteral("right")
                              : align == MD_ALIGN_CENTER ? QStringLiteral("center")
                                                         : QStringLiteral("left"));
      }
      beginInline();
      return true;
    }
  }
  return true;
}

bool BlockBuilder::endCell() {
  inlineOpen_ = false;
  if (!block_.plain.isEmpty()) block_.plain += QLatin1Char(block_.cells.size() % block_.columns == 0 ? '\n' : '\t');
  block_.plain += plain_.trimmed();
  block_.cells << rich_.trimmed();
  return block_.cells.size() <= kMostCells;
}

bool BlockBuilder::leaveBlock(MD_BLOCKTYPE type) {
  switch (type) {
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
      return endCell();
    case MD_BLOCK_TABLE:
      push(std::move(block_));
      return true;
    case MD_BLOCK_CODE:
      inCode_ = false;
      if (block_.code.endsWith(QLatin1Char('\n'))) block_.code.chop(1);
      block_.plain = block_.code;
      push(std::move(block_));
      return true;
    case MD_BLOCK_H:
      endInline();
      heading_ = 0;
      return true;
    case MD_BLOCK_LI:
      endInline();
      showMarker();
      items_.removeLast();
      return true;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
      lists_.removeLast();
      return true;
    case MD_BLOCK_QUOTE:
      endInline();
      --quotes_;
      return true;
    default:
      endInline();
      return true;
  }
}

void BlockBuilder::add(const QString& rich, const QString& plain) {
  // Text of a tight list stands in its item without a paragraph around it.
  if (!inlineOpen_) beginInline();
  rich_ += rich;
  plain_ += plain;
  output_ += rich.size() + plain.size();
}

bool BlockBuilder::enterSpan(MD_SPANTYPE type, void* detail) {
  QString open;
  QString close;
  switch (type) {
    case MD_SPAN_EM:
      open = QStringLiteral("<i>"), close = QStringLiteral("</i>");
      break;
    case MD_SPAN_STRONG:
      open = QStringLiteral("<b>"), close = QStringLiteral("</b>");
      break;
    case MD_SPAN_DEL:
      open = QStringLiteral("<s>"), close = QStringLiteral("</s>");
      break;
    case MD_SPAN_CODE:
      open = QStringLiteral("<tt>"), close = QStringLiteral("</tt>");
      break;
    case MD_SPAN_A: {
      const MD_ATTRIBUTE& href = static_cast<MD_SPAN_A_DETAIL*>(detail)->href;
      const QString target = QString::fromUtf8(href.text, static_cast<qsizetype>(href.size));
      if (isSafeLink(target)) {
        open = QLatin1String("<a href=\"") + escaped(target) + QLatin1String("\">");
        close = QStringLiteral("</a>");
      }
      break;
    }
    default:
      break;  // an image is shown as its description, which comes as text
  }
  if (closingTags_.size() >= kDeepestSpan) open.clear(), close.clear();
  add(open, {});
  closingTags_ << close;
  return output_ <= outputLimit_;
}

bool BlockBuilder::leaveSpan() {
  add(closingTags_.takeLast(), {});
  return output_ <= outputLimit_;
}

/// md4c gives the white space before a line of code as spaces. Where that was all of the line's own, tabs are put back:
/// in some languages they are not the same.
void BlockBuilder::keepTabs(const char* bytes) {
  const std::less<> before;
  const char* begin = markdown_.constData();
  if (before(bytes, begin) || !before(bytes, begin + markdown_.size())) return;
  const qsizetype lineStart = block_.code.lastIndexOf(QLatin1Char('\n')) + 1;
  const qsizetype spaces = block_.code.size() - lineStart;
  if (spaces == 0 || QStringView(block_.code).mid(lineStart) != QString(spaces, QLatin1Char(' '))) return;

  const char* start = bytes;
  while (start != begin && (start[-1] == ' ' || start[-1] == '\t')) --start;
  qsizetype columns = 0;
  for (const char* c = start; c != bytes; ++c) columns = *c == '\t' ? (columns / 4 + 1) * 4 : columns + 1;
  if (columns == spaces) block_.code.replace(lineStart, spaces, QString::fromLatin1(start, bytes - start));
}

bool BlockBuilder::text(MD_TEXTTYPE type, const char* bytes, qsizetype size) {
  noteText(bytes);
  const QString piece = QString::fromUtf8(bytes, size);
  if (inCode_) {
    keepTabs(bytes);
    block_.code += type == MD_TEXT_NULLCHAR ? QString(QChar::ReplacementCharacter) : piece;
    output_ += size;
    return output_ <= outputLimit_;
  }
  switch (type) {
    case MD_TEXT_NULLCHAR:
      add(QString(QChar::ReplacementCharacter), QString(QChar::ReplacementCharacter));
      break;
    case MD_TEXT_BR:
    case MD_TEXT_SOFTBR:
      add(QStringLiteral("<br>"), QStringLiteral("\n"));
      break;  // models mean the breaks they write
    case MD_TEXT_ENTITY:
      add(escaped(entityText(piece)), entityText(piece));
      break;
    case MD_TEXT_CODE:
      add(escapedCode(piece), piece);
      break;
    default:
      add(escaped(piece), piece);
  }
  return output_ <= outputLimit_;
}

// md4c is C: its callbacks get the builder back as a pointer. Nothing is thrown through it but bad_alloc, of which
// nothing recovers anyway.

BlockBuilder& builder(void* userdata) {
  return *static_cast<BlockBuilder*>(userdata);
}

int goOn(void* userdata, bool keepGoing) {
  if (!keepGoing) builder(userdata).gaveUp = true;
  return builder(userdata).gaveUp ? 1 : 0;
}

int onEnterBlock(MD_BLOCKTYPE type, void* detail, void* userdata) {
  return goOn(userdata, builder(userdata).enterBlock(type, detail));
}
int onLeaveBlock(MD_BLOCKTYPE type, void*, void* userdata) {
  return goOn(userdata, builder(userdata).leaveBlock(type));
}
int onEnterSpan(MD_SPANTYPE type, void* detail, void* userdata) {
  return goOn(userdata, builder(userdata).enterSpan(type, detail));
}
int onLeaveSpan(MD_SPANTYPE, void*, void* userdata) {
  return goOn(userdata, builder(userdata).leaveSpan());
}
int onText(MD_TEXTTYPE type, const MD_CHAR* bytes, MD_SIZE size, void* userdata) {
  return goOn(userdata, builder(userdata).text(type, bytes, static_cast<qsizetype>(size)));
}

ParsedBlocks plainBlock(const QByteArray& text) {
  Block block;
  block.plain = QString::fromUtf8(text).trimmed();
  block.rich = escaped(block.plain);
  ParsedBlocks parsed;
  if (!block.plain.isEmpty()) parsed.blocks.append(block);
  return parsed;
}

}  // namespace

ParsedBlocks parseBlocks(const QByteArray& markdown, const ParsedBlocks::Top& previous) {
  MD_PARSER parser{};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_PERMISSIVEURLAUTOLINKS |
                 MD_FLAG_PERMISSIVEEMAILAUTOLINKS | MD_FLAG_NOHTML;
  parser.enter_block = onEnterBlock;
  parser.leave_block = onLeaveBlock;
  parser.enter_span = onEnterSpan;
  parser.leave_span = onLeaveSpan;
  parser.text = onText;

  BlockBuilder built(markdown, previous);
  const int failed = md_parse(markdown.constData(), static_cast<MD_SIZE>(markdown.size()), &parser, &built);
  return failed != 0 || built.gaveUp ? plainBlock(markdown) : std::move(built.result);
}

}  // namespace app
