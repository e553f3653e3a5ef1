#include "app/markdown/code_highlighter.h"

#include <QHash>
#include <QSet>
#include <QStringList>

#include "app/markdown/jinja_code.h"

namespace app {

namespace {

struct Language {
  QSet<QString> keywords;
  QStringList lineComments;
  QString blockComment;  // its beginning; empty: none
  QString blockCommentEnd;
  QString quotes;  // characters that open and close strings
  bool tripleQuotes = false;
  bool anyCase = false;  // keywords count in any case
};

QSet<QString> words(const char* list) {
  const QStringList split = QString::fromLatin1(list).split(QLatin1Char(' '), Qt::SkipEmptyParts);
  return {split.begin(), split.end()};
}

constexpr char kCWords[] =
    "auto bool break case char const continue default do double else enum extern false float for goto if inline int "
    "long "
    "nullptr register return short signed sizeof static struct switch true typedef union unsigned void volatile while "
    "NULL include define ifdef ifndef endif pragma ";
constexpr char kCppWords[] =
    "class concept consteval constexpr constinit const_cast co_await co_return co_yield decltype delete dynamic_cast "
    "explicit "
    "export final friend mutable namespace new noexcept operator override private protected public reinterpret_cast "
    "requires "
    "static_assert static_cast template this throw try catch typename using virtual import module ";
constexpr char kJavaWords[] =
    "abstract assert boolean break byte case catch char class const continue default do double else enum extends false "
    "final "
    "finally float for if implements import instanceof int interface long native new null package private protected "
    "public "
    "record return sealed short static strictfp super switch synchronized this throw throws transient true try var "
    "void "
    "volatile while yield fun val when object override data companion foreach get set namespace using string async "
    "await ";
constexpr char kScriptWords[] =
    "abstract any as async await boolean break case catch class const continue debugger declare default delete do else "
    "enum "
    "export extends false finally for from function get if implements import in instanceof interface keyof let new "
    "null "
    "number of private protected public readonly return set static string super switch this throw true try type typeof "
    "undefined unknown var void while with yield ";
constexpr char kPythonWords[] =
    "and as assert async await break case class continue def del elif else except False finally for from global if "
    "import in "
    "is lambda match None nonlocal not or pass raise return self True try while with yield ";
constexpr char kRustWords[] =
    "as async await bool break char const continue crate dyn else enum extern f32 f64 false fn for i8 i16 i32 i64 i128 "
    "if impl in isize let "
    "loop match mod move mut pub ref return self Self static str struct super trait true type u8 u16 u32 u64 u128 "
    "union unsafe "
    "use usize where while ";
constexpr char kGoWords[] =
    "any bool break byte case chan const continue default defer else error fallthrough false float32 float64 for func "
    "go goto if "
    "import int int32 int64 interface iota map nil package range return rune select string struct switch true type "
    "uint var ";
constexpr char kShellWords[] =
    "alias break case cd continue declare do done echo elif else esac eval exec exit export fi for function if in "
    "local "
    "read readonly return select set shift source sudo then trap unset until while ";
constexpr char kSqlWords[] =
    "add all alter and as asc begin between by case check column commit constraint create cross default delete desc "
    "distinct "
    "drop else end exists foreign from full group having if in index inner insert integer into is join key left like "
    "limit not null "
    "offset on or order outer primary references right rollback select set table text then transaction trigger union "
    "unique "
    "update using values varchar view when where with ";
constexpr char kCmakeWords[] =
    "add_executable add_library add_subdirectory cmake_minimum_required else elseif endforeach endfunction endif "
    "find_package foreach "
    "function if include message option project set target_compile_options target_include_directories "
    "target_link_libraries ";

Language cLike(const QByteArray& keywords, const QString& quotes) {
  return {words(keywords.constData()), {QStringLiteral("//")}, QStringLiteral("/*"), QStringLiteral("*/"), quotes};
}

/// Languages by the names that people write on a fence.
const QHash<QString, Language>& languages() {
  static const QHash<QString, Language> kLanguages = [] {
    QHash<QString, Language> all;
    const auto put = [&all](const char* names, const Language& language) {
      for (const QString& name : words(names)) all.insert(name, language);
    };
    const QString both = QStringLiteral("\"'");
    put("c h", cLike(kCWords, both));
    put("cpp c++ cc cxx hpp cuda objc", cLike(QByteArray(kCWords) + kCppWords, both));
    put("java kotlin kt c# cs csharp scala swift dart", cLike(kJavaWords, both));
    put("javascript js jsx typescript ts tsx node qml", cLike(kScriptWords, QStringLiteral("\"'`")));
    put("rust rs", cLike(kRustWords, QStringLiteral("\"")));  // ' begins a lifetime more often than a string
    put("go golang", cLike(kGoWords, QStringLiteral("\"'`")));
    put("css scss less", cLike("", both));
    put("json json5 jsonc", cLike("true false null", QStringLiteral("\"")));
    Language python{words(kPythonWords), {QStringLiteral("#")}, {}, {}, both};
    python.tripleQuotes = true;
    put("python py python3", python);
    put("bash sh shell zsh console", Language{words(kShellWords), {QStringLiteral("#")}, {}, {}, both});
    put("yaml yml toml ini", Language{words("true false null yes no on off"), {QStringLiteral("#")}, {}, {}, both});
    put("cmake make makefile dockerfile", Language{words(kCmakeWords), {QStringLiteral("#")}, {}, {}, both});
    Language sql{
        words(kSqlWords), {QStringLiteral("--")}, QStringLiteral("/*"), QStringLiteral("*/"), QStringLiteral("'")};
    sql.anyCase = true;
    put("sql sqlite mysql postgresql", sql);
    put("lua", Language{words("and break do else elseif end false for function if in local nil not or repeat return "
                              "then true until while"),
                        {QStringLiteral("--")},
                        {},
                        {},
                        both});
    put("html xml svg", Language{{}, {}, QStringLiteral("<!--"), QStringLiteral("-->"), both});
    return all;
  }();
  return kLanguages;
}

/// A scan from left to right; each of the take functions moves over one token, or over nothing.
class Scanner {
 public:
  Scanner(const QString& code, const Language& language) : code_(code), language_(language) {}

  QList<CodeToken> scan() {
    while (at_ < code_.size()) {
      if (takeComment() || takeString() || takeWord() || takeNumber()) continue;
      ++at_;
    }
    return tokens_;
  }

 private:
  bool startsWith(const QString& text) const { return !text.isEmpty() && QStringView(code_).mid(at_).startsWith(text); }

  void takeTo(qsizetype end, TokenClass tokenClass) {
    tokens_.append({tokenClass, at_, end - at_});
    at_ = end;
  }

  qsizetype endOf(const QString& mark, qsizetype from) const {
    const qsizetype found = code_.indexOf(mark, from);
    return found < 0 ? code_.size() : found + mark.size();
  }

  bool takeComment() {
    if (startsWith(language_.blockComment)) {
      takeTo(endOf(language_.blockCommentEnd, at_ + language_.blockComment.size()), TokenClass::Comment);
      return true;
    }
    for (const QString& mark : language_.lineComments) {
      if (!startsWith(mark)) continue;
      const qsizetype end = code_.indexOf(QLatin1Char('\n'), at_);
      takeTo(end < 0 ? code_.size() : end, TokenClass::Comment);
      return true;
    }
    return false;
  }

  bool takeString() {
    const QChar quote = code_[at_];
    if (!language_.quotes.contains(quote)) return false;
    const QString triple(3, quote);
    if (language_.tripleQuotes && startsWith(triple)) {
      takeTo(endOf(triple, at_ + 3), TokenClass::String);
      return true;
    }
    qsizetype end = at_ + 1;
    while (end < code_.size() && code_[end] != quote) {
      if (code_[end] == QLatin1Char('\n') && quote != QLatin1Char('`')) break;  // not closed: no more than its line
      end += code_[end] == QLatin1Char('\\') ? 2 : 1;
    }
    if (end < code_.size() && code_[end] == quote) ++end;
    takeTo(std::min(end, code_.size()), TokenClass::String);
    return true;
  }

  static bool isWord(QChar c) { return c.isLetterOrNumber() || c == QLatin1Char('_'); }

  bool takeWord() {
    if (!code_[at_].isLetter() && code_[at_] != QLatin1Char('_')) return false;
    qsizetype end = at_ + 1;
    while (end < code_.size() && isWord(code_[end])) ++end;
    QString word = code_.mid(at_, end - at_);
    if (language_.anyCase) word = word.toLower();
    if (language_.keywords.contains(word)) {
      takeTo(end, TokenClass::Keyword);
    } else {
      at_ = end;
    }
    return true;
  }

  bool takeNumber() {
    if (!code_[at_].isDigit()) return false;
    qsizetype end = at_ + 1;
    while (end < code_.size() && (isWord(code_[end]) || code_[end] == QLatin1Char('.'))) ++end;
    takeTo(end, TokenClass::Number);
    return true;
  }

  const QString& code_;
  const Language& language_;
  qsizetype at_ = 0;
  QList<CodeToken> tokens_;
};

}  // namespace

QList<CodeToken> highlightCode(const QString& code, const QString& language) {
  static const Language kUnknown{{}, {}, {}, {}, QStringLiteral("\"")};
  const QString name = language.toLower();
  if (name == QLatin1String("jinja") || name == QLatin1String("jinja2") || name == QLatin1String("j2")) return highlightJinja(code);
  const auto known = languages().constFind(name);
  return Scanner(code, known == languages().constEnd() ? kUnknown : *known).scan();
}

}  // namespace app
