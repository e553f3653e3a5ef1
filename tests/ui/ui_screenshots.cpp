// Draws the window in its states and saves pictures: ui_screenshots FOLDER [STATE...]. For people who work on the window;
// no test runs it. Pictures are taken of the real program on a made-up history, with the demo model.
#include <QGuiApplication>
#include <QQuickStyle>
#include <QTemporaryDir>
#include <QTranslator>
#include <QtQml/QQmlExtensionPlugin>
#include <QtTest>
#include <cstdio>
#include <functional>
#include <utility>

#include "app/history/history_store.h"
#include "app/library/model_files.h"
#include "tests/app/completion_server.h"
#include "tests/app/loopback_hub.h"
#include "tests/app/model_tree.h"
#include "tests/ui/program.h"

Q_IMPORT_QML_PLUGIN(Sotto_AppPlugin)
Q_IMPORT_QML_PLUGIN(Sotto_UiPlugin)

using app::HistoryStore;
using app::ReplyOutcome;
using app::Settings;
using tests::Program;

namespace {

const char* const kAnswer = R"(Both rotate pairs of dimensions by an angle that grows with the position. They differ in **which** dimensions form a pair: neighbours *(2i, 2i+1)* when interleaved, *(i, i + d/2)* when half-split. The result is the same up to a permutation of the weights, as [the paper](https://arxiv.org/abs/2104.09864) shows; see `rope.cpp` too.

```cpp
for (int i = 0; i < rotary_dim / 2; ++i) {   // pairs (2i, 2i+1)
  const float a = x[2 * i], b = x[2 * i + 1];
  x[2 * i]     = a * cos[i] - b * sin[i];
  x[2 * i + 1] = a * sin[i] + b * cos[i];
}
```

| Model | Pairs | Rotated width |
|---|---|--:|
| ERNIE 4.5 | interleaved | 128 of 128 |
| GLM-4-0414 | interleaved | 64 of 128 |
)";

const char* const kManyBlocks = R"(# 旅行计划

京都五日，**每天**一个区域，中午休息两小时。

## 行程

1. 东山：清水寺、*八坂神社*
2. 岚山：竹林，渡月桥
   - 早上八点以前人最少
   - 小火车需要预约
3. 伏见稻荷大社

- [x] 预订酒店
- [ ] 购买车票

> 雨天改去博物馆。
> 门票可以当天购买。

---

```python
def nights(days):
    """One night less than days, and never a negative number of them."""
    return max(0, days - 1)  # a comment that runs on and on until it is longer than the column of text is wide, to be scrolled

print("京都", nights(5))
```

| Day | District | Morning | Afternoon | Evening | Notes on the way back to the hotel |
|:--|:--|:--|:--|:--|:--|
| 1 | Higashiyama | Kiyomizu-dera temple | Yasaka shrine and the old lanes | Gion | The 206 bus is slow after five; walking takes half an hour |
| 2 | Arashiyama | Bamboo grove | Tenryu-ji and its garden | Togetsukyo bridge | Last small train leaves at 16:30 |
)";

/// A history as a person would have it after some days.
void writeHistory(const QString& file) {
  HistoryStore store(file);
  const QString model = QStringLiteral("ERNIE-4.5-0.3B-PT");
  const auto chat = [&](const char* title, const char* asked, const char* answered) {
    const auto conversation = store.createConversation(QString::fromUtf8(title), {}, model);
    const auto turn = store.appendTurn(conversation.id, 0, QString::fromUtf8(asked), model);
    store.finishReply(turn.replyId, {.text = QString::fromUtf8(answered), .finishReason = QStringLiteral("stop"), .promptTokens = 40,
                                     .completionTokens = 214, .tokensPerSecond = 31.2, .timeToFirstTokenMs = 400});
    return turn;
  };
  chat("Letter to the landlord", "Write to my landlord about the heating.", "Dear Ms Okafor, ...");
  chat("正则表达式入门", "正则表达式是什么？", "正则表达式是描述文字模式的方法。");
  chat("SQL window functions", "What does PARTITION BY do?", "It starts the window anew for each group.");
  const auto cut = chat("Dinner for six", "Plan a dinner for six, one guest eats no fish.", "placeholder");
  const auto next = store.appendTurn(cut.conversationId, cut.replyId, QStringLiteral("And the dessert?"), model);
  store.saveStreamingText(next.replyId, QStringLiteral("A lemon tart keeps well, so bake it the"), {1, 2, 3});
  const auto notes = chat("Reading notes: Kernel tuning", "Summarise chapter 3.", "Tiles fit the cache; packing pays once.");
  store.setPinned(notes.conversationId, true);
  const auto plan = chat("旅行计划：京都五日", "帮我做一个五天的京都旅行计划。", kManyBlocks);
  store.setPinned(plan.conversationId, true);
  chat("Refactor the sampler", "How would you split this file?", "By what changes together.");
  const auto rope = chat("Why rope is interleaved",
                         "In one paragraph: what is the difference between interleaved and half-split rotary embeddings? Show the "
                         "interleaved one in C++.",
                         "First try.");
  for (const char* version : {kAnswer, "Third try."}) {
    const auto again = store.appendReply(rope.userMessageId, model);
    store.finishReply(again.replyId, {.text = QString::fromUtf8(version), .finishReason = QStringLiteral("stop"), .promptTokens = 40,
                                      .completionTokens = 214, .tokensPerSecond = 31.2, .timeToFirstTokenMs = 400});
    if (version == kAnswer) store.selectSibling(again.replyId);
  }
  const auto path = store.currentPath(rope.conversationId);
  store.selectSibling(path.last().id - 1);
}

/// Models as a person would have them after some weeks, one of them broken.
void writeModels(const QString& models) {
  const auto gguf = [&](const char* folder, const char* fixture, const char* title, const char* origin, const char* licence) {
    const QString path = models + QLatin1Char('/') + QLatin1String(folder);
    QDir().mkpath(path);
    QFile::copy(tests::fixtureGguf(fixture), path + QLatin1Char('/') + QLatin1String(folder) + QStringLiteral(".gguf"));
    app::writeAboutModel(path, {QString::fromUtf8(title), QLatin1String(origin), QLatin1String(licence)});
  };
  gguf("ernie-21b", "ernie4_5_moe-BF16.gguf", "ERNIE 4.5 21B A3B", "huggingface.co/baidu/ERNIE-4.5-21B-A3B-PT", "apache-2.0");
  gguf("ernie-small", "ernie4_5-Q4_0.gguf", "ERNIE 4.5 0.3B · 4 bit", "made here from ERNIE 4.5 0.3B", "apache-2.0");
  gguf("glm", "glm4-Q4_K.gguf", "GLM-4 9B", "huggingface.co/unsloth/GLM-4-9B-0414-GGUF", "mit");
  tests::copyFolder(tests::fixtureModel("ernie4_5-chat"), models + QStringLiteral("/ERNIE-4.5-0.3B-PT"));
  QFile::remove(models + QStringLiteral("/ERNIE-4.5-0.3B-PT/model-00002-of-00003.safetensors"));
}

/// A hub with models to find, of one of which a download is on its way.
std::unique_ptr<tests::LoopbackHub> hubFor(Program& program) {
  auto hub = std::make_unique<tests::LoopbackHub>();
  QTemporaryDir files;
  QFile::copy(tests::fixtureGguf("ernie4_5-Q4_0.gguf"), files.filePath(QStringLiteral("GLM-4-9B-0414-Q4_0.gguf")));
  QFile::copy(tests::fixtureGguf("ernie4_5-Q6_K.gguf"), files.filePath(QStringLiteral("GLM-4-9B-0414-Q6_K.gguf")));
  const QString commit(40, QLatin1Char('a'));
  QJsonArray found;
  int downloads = 48213;
  for (const char* name : {"unsloth/GLM-4-9B-0414-GGUF", "zai-org/GLM-4-9B-0414", "bartowski/THUDM_GLM-4-32B-0414-GGUF"}) {
    hub->addRepo(QLatin1String(name), commit, files.path());
    found.append(QJsonObject{{QStringLiteral("id"), QLatin1String(name)}, {QStringLiteral("downloads"), downloads},
                             {QStringLiteral("gated"), downloads == 12053 ? QJsonValue(QStringLiteral("manual")) : QJsonValue(false)},
                             {QStringLiteral("tags"), QJsonArray{QStringLiteral("gguf"), QStringLiteral("license:mit")}}});
    downloads /= 2;
    downloads = downloads == 24106 ? 12053 : 3120;
  }
  hub->put(QStringLiteral("api/models.json"), QJsonDocument(found).toJson());
  program.root().settings()->setNetworkProxy(QStringLiteral("none"));
  program.root().settings()->setHubEndpoint(hub->address());
  return hub;
}

/// The Models page, every model looked at.
void openModels(Program& program) {
  program.key(Qt::Key_M, Qt::ControlModifier);
  QTest::qWait(100);
  (void)QTest::qWaitFor([&] { return !program.root().library()->scanning() && !program.root().machine()->measuring(); }, 20000);
}

/// Two models on other machines, one behind an open address. Gives the location of the first.
QString addRemotes(Program& program) {
  app::RemoteModels& remotes = *program.root().remotes();
  const QString id = remotes.add(QStringLiteral("https://gpu-server.example:8000/v1"), QStringLiteral("baidu/ERNIE-4.5-300B-A47B-PT"),
                                 QStringLiteral("ERNIE 4.5 300B"), 131072, false);
  remotes.setKey(id, QStringLiteral("sk-0123456789"));
  remotes.add(QStringLiteral("http://192.168.1.5:30000"), QStringLiteral("zai-org/GLM-4.5-Air"), QStringLiteral("GLM 4.5 Air"), 0, true);
  return QStringLiteral("remote:") + id;
}

/// The Models page at work: a search with an open result, a download that runs, one that waits, a job that failed.
void openBusyModels(Program& program) {
  static std::unique_ptr<tests::LoopbackHub> hub;
  hub = hubFor(program);
  program.root().settings()->setDownloadLimitKb(8);
  openModels(program);
  app::HubSearch& search = *program.root().hubSearch();
  search.setQuery(QStringLiteral("GLM-4"));
  search.search();
  (void)QTest::qWaitFor([&] { return search.rowCount() == 3; }, 10000);
  program.press(QStringLiteral("unsloth/GLM-4-9B-0414-GGUF"), QAccessible::Button);
  (void)QTest::qWaitFor([&] { return search.data(search.index(0), app::HubSearch::LookedRole).toBool(); }, 10000);
  search.get(0, 0);
  search.get(0, 1);
  program.root().library()->importCopy(QUrl::fromLocalFile(QStringLiteral("/home/me/Downloads/unfinished.gguf")));
  (void)QTest::qWaitFor([&] { return program.root().downloads()->count() == 2; }, 10000);
  QTest::qWait(2500);
}

void openTitled(Program& program, const char* title) {
  (void)QTest::qWaitFor([&] { return program.find(QString::fromUtf8(title), QAccessible::ListItem) != nullptr; }, 5000);
  program.press(QString::fromUtf8(title), QAccessible::ListItem);
  (void)QTest::qWaitFor([&] { return program.root().chat()->messages()->count() > 0; }, 5000);
}

const char* const kRope = "Why rope is interleaved";
const char* const kPlan = "旅行计划：京都五日";

using State = std::pair<const char*, std::function<void(Program&)>>;

const QList<State>& states() {
  static const QList<State> all = {
      {"empty", [](Program&) {}},
      {"chat", [](Program& p) { p.root().settings()->setPanelVisible(true); openTitled(p, kRope); }},
      {"blocks", [](Program& p) { openTitled(p, kPlan); p.window().resize(1100, 1500); }},
      {"cut", [](Program& p) { openTitled(p, "Dinner for six"); }},
      {"streaming", [](Program& p) {
         p.root().chat()->setDraft(QStringLiteral("How do I get a real model?"));
         p.root().chat()->send();
         (void)QTest::qWaitFor([&] { return p.root().chat()->replyPhase() == QLatin1String("writing"); }, 30000);
       }},
      {"waiting", [](Program& p) {
         p.root().chat()->setDraft(QStringLiteral("What is Sotto?"));
         p.root().chat()->send();
         QTest::qWait(1);
       }},
      {"answered", [](Program& p) {
         p.root().chat()->setDraft(QStringLiteral("What does temperature do?"));
         p.root().chat()->send();
         p.waitForReply();
       }},
      {"prompt", [](Program& p) {
         p.root().settings()->setPanelVisible(true);
         openTitled(p, kRope);
         p.press(QCoreApplication::translate("SidePanel", "Prompt"), QAccessible::PageTab);
         p.root().prompt()->setSystemPrompt(QStringLiteral("You are a patient teacher. Answer in one paragraph."));
         QTest::qWait(1500);
       }},
      {"prompt-error", [](Program& p) {
         p.root().settings()->setPanelVisible(true);
         openTitled(p, kPlan);
         p.press(QCoreApplication::translate("SidePanel", "Prompt"), QAccessible::PageTab);
         QString text = p.root().prompt()->templateText();
         const qsizetype at = text.indexOf(QStringLiteral("\n"), text.size() / 4);
         p.root().prompt()->setTemplateText(text.left(at) + QStringLiteral("\n{%- if message.role = 'user' %}") + text.mid(at));
         QTest::qWait(1500);
       }},
      {"prompt-edited", [](Program& p) {
         p.root().settings()->setPanelVisible(true);
         p.press(QCoreApplication::translate("SidePanel", "Prompt"), QAccessible::PageTab);
         p.root().prompt()->useBuiltIn(QStringLiteral("glm-4-0414"));
         QTest::qWait(1500);
       }},
      {"prompt-finding", [](Program& p) {
         p.root().settings()->setPanelVisible(true);
         p.press(QCoreApplication::translate("SidePanel", "Prompt"), QAccessible::PageTab);
         p.root().prompt()->setTemplateText(p.root().prompt()->templateText().replace(QStringLiteral("User: "), QStringLiteral("Human: ")));
         QTest::qWait(1500);
         p.press(QCoreApplication::translate("app::PromptViewModel", "Renders other text than the built-in %1")
                     .arg(QStringLiteral("ernie-4.5")), QAccessible::Button);
       }},
      {"prompt-model", [](Program& p) {
         p.root().settings()->setPanelVisible(true);
         openTitled(p, kRope);
         p.press(QCoreApplication::translate("SidePanel", "Prompt"), QAccessible::PageTab);
         p.root().prompt()->setSystemPrompt(QStringLiteral("Only here."));
         p.root().prompt()->setScope(app::PromptViewModel::Scope::Model);
         QTest::qWait(1500);
       }},
      {"prompt-large", [](Program& p) {
         p.root().settings()->setFontScale(1.5);
         QTest::qWait(200);
         p.key(Qt::Key_Period, Qt::ControlModifier);
         p.press(QCoreApplication::translate("SidePanel", "Prompt"), QAccessible::PageTab);
         QTest::qWait(1500);
       }},
      {"error", [](Program& p) {
         p.root().runner()->load(QStringLiteral("/nonexistent/ERNIE-4.5-0.3B-PT"));
         (void)QTest::qWaitFor([&] { return !p.root().runner()->error().isEmpty(); }, 10000);
       }},
      {"search", [](Program& p) {
         p.key(Qt::Key_K, Qt::ControlModifier);
         p.type(QStringLiteral("ro"));
         QTest::qWait(600);
       }},
      {"rename", [](Program& p) { openTitled(p, kRope); p.key(Qt::Key_F2); }},
      {"edit", [](Program& p) {
         openTitled(p, kRope);
         p.key(Qt::Key_L, Qt::ControlModifier);
         p.key(Qt::Key_Up);
       }},
      {"toast", [](Program& p) {
         openTitled(p, kRope);
         p.root().conversations()->remove(3);
       }},
      {"picker", [](Program& p) { p.press(QStringLiteral("Model"), QAccessible::NoRole); }},
      {"models", [](Program& p) { openModels(p); }},
      {"models-busy", [](Program& p) { p.window().resize(1440, 1300); openBusyModels(p); }},
      {"models-all", [](Program& p) {
         p.window().resize(1440, 1400);
         openModels(p);
         p.press(QCoreApplication::translate("CardGrid", "Show all %n model(s)", nullptr, p.root().catalog()->rowCount()), QAccessible::Button);
       }},
      {"models-900", [](Program& p) { p.window().resize(900, 1300); openBusyModels(p); }},
      {"models-1800", [](Program& p) { p.window().resize(1800, 1100); openBusyModels(p); }},
      {"models-narrow", [](Program& p) { p.window().resize(640, 1100); openModels(p); }},
      {"models-large", [](Program& p) { p.root().settings()->setFontScale(1.5); p.window().resize(1440, 1300); openModels(p); }},
      {"models-offline", [](Program& p) { p.root().settings()->setOffline(true); openModels(p); }},
      {"models-menu", [](Program& p) {
         openModels(p);
         p.press(QCoreApplication::translate("InstalledRow", "Actions for %1").arg(QStringLiteral("GLM-4 9B")), QAccessible::Button);
       }},
      {"models-import", [](Program& p) {
         openModels(p);
         p.root().library()->examine(QUrl::fromLocalFile(tests::fixtureModel("ernie4_5-chat")));
       }},
      {"models-deleted", [](Program& p) { openModels(p); p.root().library()->deleteAt(0); }},
      {"remote-empty", [](Program& p) {
         p.window().resize(1440, 1400);
         openModels(p);
         p.press(QCoreApplication::translate("RemoteSection", "Add a model on another machine…"), QAccessible::Button);
       }},
      {"remote-models", [](Program& p) {
         p.window().resize(1440, 1300);
         addRemotes(p);
         openModels(p);
       }},
      {"remote-edit", [](Program& p) {
         p.window().resize(1440, 1500);
         addRemotes(p);
         openModels(p);
         p.press(QCoreApplication::translate("RemoteRow", "Edit"), QAccessible::Button);
       }},
      {"remote-narrow", [](Program& p) {
         p.window().resize(640, 1300);
         addRemotes(p);
         openModels(p);
       }},
      {"remote-new-chat", [](Program& p) { p.root().runner()->load(addRemotes(p)); }},
      {"remote-chat", [](Program& p) {
         openTitled(p, kRope);
         p.root().runner()->load(addRemotes(p));
         p.root().settings()->setPanelVisible(true);
       }},
      {"remote-prompt", [](Program& p) {
         openTitled(p, kRope);
         p.root().runner()->load(addRemotes(p));
         p.root().settings()->setPanelVisible(true);
         p.press(QCoreApplication::translate("SidePanel", "Prompt"), QAccessible::PageTab);
       }},
      {"remote-chat-narrow", [](Program& p) {
         p.window().resize(640, 700);
         openTitled(p, kRope);
         addRemotes(p);
         p.root().runner()->load(p.root().remotes()->data(p.root().remotes()->index(1), app::RemoteModels::LocationRole).toString());
       }},
      {"remote-large", [](Program& p) {
         p.root().settings()->setFontScale(2);
         openTitled(p, kRope);
         addRemotes(p);
         p.root().runner()->load(p.root().remotes()->data(p.root().remotes()->index(1), app::RemoteModels::LocationRole).toString());
       }},
      {"remote-tested", [](Program& p) {
         static tests::CompletionServer server;
         server.models = {QStringLiteral("baidu/ERNIE-4.5-300B-A47B-PT"), QStringLiteral("baidu/ERNIE-4.5-21B-A3B-PT"), QStringLiteral("zai-org/GLM-4.5-Air")};
         p.window().resize(1440, 1500);
         openModels(p);
         p.press(QCoreApplication::translate("RemoteSection", "Add a model on another machine…"), QAccessible::Button);
         QTest::qWait(300);
         p.type(server.address());
         p.key(Qt::Key_Return);
         (void)QTest::qWaitFor([&] { return p.root().remotes()->test()->hasPassed(); }, 10000);
         p.press(server.models.first(), QAccessible::Button);
       }},
      {"remote-cut", [](Program& p) {
         static tests::CompletionServer server;
         server.onQuestion = [](tests::CompletionServer::Answer& answer) {
           answer.begin();
           answer.say("A rotary embedding turns pairs of dimensions by an angle that grows with the");
           answer.close();
         };
         p.root().runner()->load(QStringLiteral("remote:") + p.root().remotes()->add(server.address(), QStringLiteral("m"), QStringLiteral("ERNIE 4.5 300B"), 131072, false));
         p.root().chat()->setDraft(QStringLiteral("What is a rotary embedding?"));
         p.root().chat()->send();
         p.waitForReply();
       }},
      {"remote-picker", [](Program& p) {
         p.root().runner()->load(addRemotes(p));
         p.press(QStringLiteral("Model"), QAccessible::NoRole);
       }},
      {"settings-network", [](Program& p) {
         p.window().resize(1440, 1500);
         p.key(Qt::Key_Comma, Qt::ControlModifier);
       }},
      {"resting", [](Program& p) { openTitled(p, kRope); p.root().runner()->rest(); }},
      {"settings", [](Program& p) { p.key(Qt::Key_Comma, Qt::ControlModifier); }},
      {"shortcuts", [](Program& p) { p.key(Qt::Key_Slash, Qt::ControlModifier); }},
      {"long-draft", [](Program& p) {
         p.root().chat()->setDraft(QStringLiteral("A line of the draft that a person is writing.\n").repeated(14));
       }},
      {"large", [](Program& p) { p.root().settings()->setFontScale(2); openTitled(p, kRope); }},
      {"small", [](Program& p) { p.root().settings()->setFontScale(0.8); openTitled(p, kRope); }},
      {"narrow", [](Program& p) { openTitled(p, kRope); p.window().resize(640, 700); }},
      {"narrow-sidebar", [](Program& p) {
         openTitled(p, kRope);
         p.window().resize(640, 700);
         QTest::qWait(200);
         p.key(Qt::Key_B, Qt::ControlModifier);
       }},
      {"focus", [](Program& p) {
         openTitled(p, kRope);
         p.key(Qt::Key_Up, Qt::ControlModifier);
       }},
  };
  return all;
}

}  // namespace

int main(int argc, char* argv[]) {
  QGuiApplication application(argc, argv);
  QQuickStyle::setStyle(QStringLiteral("Basic"));
  // As main.cpp does; LC_ALL=zh_CN.UTF-8 shows the Chinese window.
  QTranslator english, translator;
  const QString translations = QStringLiteral(":/sotto/translations");
  if (english.load(QStringLiteral("sotto_en"), translations)) QGuiApplication::installTranslator(&english);
  if (translator.load(QLocale(), QStringLiteral("sotto"), QStringLiteral("_"), translations))
    QGuiApplication::installTranslator(&translator);
  const QStringList arguments = application.arguments();
  if (arguments.size() < 2) {
    std::fprintf(stderr, "usage: ui_screenshots FOLDER [STATE...]\n");
    return 2;
  }
  for (const auto& [name, enter] : states()) {
    if (arguments.size() > 2 && !arguments.contains(QString::fromLatin1(name))) continue;
    for (const auto theme : {Settings::Theme::Light, Settings::Theme::Dark}) {
      QTemporaryDir data;
      writeHistory(app::Paths::under(data.path()).historyFile());
      writeModels(app::Paths::under(data.path()).modelsDir);
      Program program(data.path());
      program.window().resize(1440, 900);
      program.root().settings()->setTheme(theme);
      program.waitForModel();
      enter(program);
      QTest::qWait(name == std::string_view("waiting") || name == std::string_view("streaming") ? 1 : 700);
      const QString file = QStringLiteral("%1/%2-%3.png").arg(arguments[1], QString::fromLatin1(name),
          theme == Settings::Theme::Light ? QStringLiteral("light") : QStringLiteral("dark"));
      if (!program.picture().save(file)) std::fprintf(stderr, "cannot write %s\n", qPrintable(file));
      for (const QString& warning : program.warnings()) std::fprintf(stderr, "%s: %s\n", name, qPrintable(warning));
    }
  }
  return 0;
}
