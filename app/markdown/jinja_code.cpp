#include "app/markdown/jinja_code.h"

#include <QSet>
#include <QString>

namespace app {

namespace {

/// The words of the language: statements, operators, constants.
const QSet<QString>& keywords() {
  static const QSet<QString> kWords = [] {
    const QStringList words =
        QStringLiteral(
            "if elif else endif for endfor in recursive set endset macro endmacro call endcall filter endfilter with "
            "endwith block endblock raw endraw generation endgeneration break continue not and or is true false none "
            "True "
            "False None loop namespace include import extends autoescape endautoescape")
            .split(QLatin1Char(' '));
    return QSet<QString>(words.begin(), words.end());
  }();
  return kWords;
}

class Line {
 public:
  Line(QStringView text, JinjaState state) : text_(text), state_(state) {}

  QList<CodeToken> scan() {
    while (at_ < text_.size()) {
      switch (state_) {
        case JinjaState::Text:
          takeText();
          break;
        case JinjaState::Tag:
          takeInTag();
          break;
        case JinjaState::SingleQuoted:
        case JinjaState::DoubleQuoted:
          takeString(at_);
          break;
        case JinjaState::Comment:
          takeComment(at_);
          break;
      }
    }
    return tokens_;
  }
  JinjaState state() const { return state_; }

 private:
  bool startsWith(QLatin1String mark) const { return text_.mid(at_).startsWith(mark); }
  void add(TokenClass tokenClass, qsizetype start, qsizetype end) {
    if (end > start) tokens_.append({tokenClass, start, end - start});
    at_ = end;
  }

  void takeText() {
    if (startsWith(QLatin1String("{#"))) {
      state_ = JinjaState::Comment;
      takeComment(at_);
    } else if (startsWith(QLatin1String("{{")) || startsWith(QLatin1String("{%"))) {
      state_ = JinjaState::Tag;
      const bool trims =
          at_ + 2 < text_.size() && (text_[at_ + 2] == QLatin1Char('-') || text_[at_ + 2] == QLatin1Char('+'));
      add(TokenClass::Keyword, at_, at_ + (trims ? 3 : 2));
    } else {
      ++at_;
    }
  }

  void takeComment(qsizetype start) {
    const qsizetype end = text_.indexOf(QLatin1String("#}"), start);
    if (end >= 0) state_ = JinjaState::Text;
    add(TokenClass::Comment, start, end < 0 ? text_.size() : end + 2);
  }

  /// From the quote, or from the beginning of a line inside the text.
  void takeString(qsizetype start) {
    const QChar quote = state_ == JinjaState::SingleQuoted ? QLatin1Char('\'') : QLatin1Char('"');
    while (at_ < text_.size() && text_[at_] != quote) at_ += text_[at_] == QLatin1Char('\\') ? 2 : 1;
    const bool closed = at_ < text_.size();
    if (closed) state_ = JinjaState::Tag;
    add(TokenClass::String, start, closed ? at_ + 1 : text_.size());
  }

  void takeInTag() {
    const QChar c = text_[at_];
    const bool trims = (c == QLatin1Char('-') || c == QLatin1Char('+')) && at_ + 1 < text_.size();
    const QStringView rest = text_.mid(at_ + (trims ? 1 : 0));
    if (rest.startsWith(QLatin1String("}}")) || rest.startsWith(QLatin1String("%}"))) {
      state_ = JinjaState::Text;
      add(TokenClass::Keyword, at_, at_ + (trims ? 3 : 2));
    } else if (c == QLatin1Char('\'') || c == QLatin1Char('"')) {
      state_ = c == QLatin1Char('\'') ? JinjaState::SingleQuoted : JinjaState::DoubleQuoted;
      const qsizetype start = at_++;
      takeString(start);
    } else if (c.isLetter() || c == QLatin1Char('_')) {
      const qsizetype start = at_;
      while (at_ < text_.size() && (text_[at_].isLetterOrNumber() || text_[at_] == QLatin1Char('_'))) ++at_;
      // After a dot it is the name of a member, whatever the word.
      const bool member = start > 0 && text_[start - 1] == QLatin1Char('.');
      if (!member && keywords().contains(text_.mid(start, at_ - start).toString()))
        add(TokenClass::Keyword, start, at_);
    } else if (c.isDigit()) {
      const qsizetype start = at_;
      while (at_ < text_.size() && (text_[at_].isLetterOrNumber() || text_[at_] == QLatin1Char('.'))) ++at_;
      add(TokenClass::Number, start, at_);
    } else {
      ++at_;
    }
  }

  QStringView text_;
  JinjaState state_;
  qsizetype at_ = 0;
  QList<CodeToken> tokens_;
};

}  // namespace

QList<CodeToken> highlightJinjaLine(QStringView line, JinjaState& state) {
  Line scanned(line, state);
  const QList<CodeToken> tokens = scanned.scan();
  state = scanned.state();
  return tokens;
}

QList<CodeToken> highlightJinja(QStringView text) {
  QList<CodeToken> tokens;
  JinjaState state = JinjaState::Text;
  for (qsizetype begin = 0; begin <= text.size();) {
    const qsizetype found = text.indexOf(QLatin1Char('\n'), begin);
    const qsizetype end = found < 0 ? text.size() : found;
    for (CodeToken token : highlightJinjaLine(text.mid(begin, end - begin), state)) {
      token.start += begin;
      tokens.append(token);
    }
    begin = end + 1;
  }
  return tokens;
}

}  // namespace app
