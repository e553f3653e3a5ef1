#include "app/chat/prompt_view_model.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>
#include <QTranslator>

#include "app/history/history.h"
#include "tests/app/chat_fixture.h"

using namespace app;
using tests::kPatience;

class PromptViewModelTest : public tests::ChatFixture {
  Q_OBJECT

  PromptViewModel& prompt() { return *prompt_; }

  static Message message(MessageRole role, const QString& text) {
    Message one;
    one.role = role;
    one.text = text;
    return one;
  }

  QString previewText() {
    QString text;
    for (int row = 0; row < prompt().runs()->count(); ++row)
      text += prompt().runs()->data(prompt().runs()->index(row, 0), PromptRunModel::PlainTextRole).toString();
    return text;
  }
  QStringList previewIds() {
    QStringList ids;
    for (int row = 0; row < prompt().runs()->count(); ++row)
      ids += prompt()
                 .runs()
                 ->data(prompt().runs()->index(row, 0), PromptRunModel::IdsRole)
                 .toString()
                 .split(QLatin1Char(' '));
    return ids;
  }
  int modelTokens() { return messageAt(1).promptTokens; }
  const Message& messageAt(int row) { return chat_->messages()->messageAt(row); }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    start();
    load();
    limit(2);
    prompt().setActive(true);
    QTRY_VERIFY_WITH_TIMEOUT(prompt().runs()->count() > 0, kPatience);
    QTest::qWait(300);  // the chat tells its messages, which are none, a moment after the model came
  }
  void cleanup() {
    end();
    folder_.reset();
  }

  void theFilesOwnTemplateIsShown() {
    QFile file(tests::fixtureModel("ernie4_5-chat") + QStringLiteral("/chat_template.jinja"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(prompt().templateText(), QString::fromUtf8(file.readAll()));
    QVERIFY(!prompt().templateModified());
    QVERIFY(!prompt().templateBuiltIn());
    QVERIFY(prompt().templateName().contains(QStringLiteral("ernie4_5-chat")));
    QVERIFY(prompt().templateProblem().isEmpty());
    QTRY_VERIFY_WITH_TIMEOUT(prompt().runs()->count() > 0, kPatience);  // an example, as the chat is empty
    QVERIFY(prompt().sample());
  }

  /// The reference's text and ids of the same conversations (tests/fixtures/tokenizers).
  void previewIsTextAndIdsOfTheReference() {
    QFile file(QStringLiteral(SOTTO_FIXTURES_DIR "/tokenizers/ernie_chat.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    int checked = 0;
    for (const QJsonValue& one : QJsonDocument::fromJson(file.readAll())[QStringLiteral("cases")].toArray()) {
      QList<Message> messages;
      bool plain = true;
      for (const QJsonValue& value : one[QStringLiteral("messages")].toArray()) {
        const QString role = value[QStringLiteral("role")].toString(),
                      text = value[QStringLiteral("content")].toString();
        plain =
            plain && QStringList{"user", "assistant", "system"}.contains(role) && !text.contains(QStringLiteral("<"));
        messages << message(role == QLatin1String("user")     ? MessageRole::User
                            : role == QLatin1String("system") ? MessageRole::System
                                                              : MessageRole::Assistant,
                            text);
      }
      const bool asks = !messages.isEmpty() && messages.last().role != MessageRole::Assistant;
      if (!plain || asks != one[QStringLiteral("add_generation_prompt")].toBool() || messages.isEmpty()) continue;
      const QString text = one[QStringLiteral("text")].toString();
      prompt().setMessages(messages);
      QTRY_COMPARE_WITH_TIMEOUT(previewText(), text, kPatience);
      QStringList ids;
      for (const QJsonValue& id : one[QStringLiteral("ids")].toArray()) ids << QString::number(id.toInt());
      QCOMPARE(previewIds(), ids);
      QCOMPARE(prompt().tokenCount(), static_cast<int>(ids.size()));
      ++checked;
    }
    QVERIFY(checked >= 4);
  }

  void authorsAreToldApart() {
    prompt().setMessages({message(MessageRole::User, QStringLiteral("<|end_of_sentence|>"))});
    QTRY_COMPARE_WITH_TIMEOUT(previewText(),
                              QStringLiteral("<|begin_of_sentence|>User: <|end_of_sentence|>\nAssistant: "), kPatience);
    QStringList authors;
    for (int row = 0; row < prompt().runs()->count(); ++row) {
      for (const QVariant& part :
           prompt().runs()->data(prompt().runs()->index(row, 0), PromptRunModel::PartsRole).toList())
        authors << part.toMap().value(QStringLiteral("author")).toString();
    }
    QCOMPARE(authors, (QStringList{"control", "template", "person", "template"}));
  }

  void theEngineIsGivenTheEditedTemplate() {
    prompt().setTemplateText(QStringLiteral("{{ messages[-1].content }}"));
    QVERIFY(prompt().templateModified());
    sendAndWait(QStringLiteral("Hello there"));
    QCOMPARE(modelTokens(), runner_->countTokens(QStringLiteral("Hello there")).result());
    const int edited = modelTokens();
    prompt().resetTemplate();
    QVERIFY(!prompt().templateModified());
    chat_->regenerate();
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QVERIFY(modelTokens() > edited);  // "User: ", the tokens around
  }

  void theEngineIsGivenTheSystemPrompt() {
    sendAndWait(QStringLiteral("Hello"));
    const int without = modelTokens();
    prompt().setSystemPrompt(QStringLiteral("You are a postman."));
    chat_->regenerate();
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QVERIFY(modelTokens() > without);
    QTRY_VERIFY_WITH_TIMEOUT(previewText().contains(QStringLiteral("You are a postman.\n")), kPatience);
    QTRY_VERIFY(chat_->contextUsed() > without);
  }

  void aBrokenTemplateIsToldWithItsLineAndFailsTheReply() {
    prompt().setTemplateText(QStringLiteral("one\n{% for %}"));
    QTRY_VERIFY_WITH_TIMEOUT(!prompt().error().isEmpty(), kPatience);
    QCOMPARE(prompt().errorLine(), 2);
    QVERIFY(prompt().templateBroken());
    QCOMPARE(prompt().runs()->count(), 0);
    send(QStringLiteral("Hello"));
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QVERIFY(!chat_->error().isEmpty());
    QVERIFY2(chat_->errorDetail().contains(QStringLiteral("line 2")), qPrintable(chat_->errorDetail()));
    prompt().resetTemplate();
    QTRY_VERIFY_WITH_TIMEOUT(prompt().error().isEmpty() && prompt().runs()->count() > 0, kPatience);
  }

  void anEmptyTemplateIsNotTakenForTheModelsOwn() {
    prompt().setTemplateText(QString());
    QCOMPARE(prompt().templateText(), QString());
    QVERIFY(prompt().templateModified());
    QTRY_VERIFY_WITH_TIMEOUT(prompt().error().contains(QStringLiteral("empty")), kPatience);
  }

  void aTemplateThatRefusesTheConversationSaysWhy() {
    prompt().setTemplateText(QStringLiteral("{{ raise_exception('no system message') }}"));
    QTRY_VERIFY_WITH_TIMEOUT(prompt().error().contains(QStringLiteral("no system message")), kPatience);
    QVERIFY(!prompt().templateBroken());
  }

  void findingsAreShown() {
    QTRY_VERIFY_WITH_TIMEOUT(!prompt().findings().isEmpty(), kPatience);  // this family shows no results of tools
    QString edited = prompt().templateText();
    edited.replace(QStringLiteral("User: "), QStringLiteral("Human: "));
    prompt().setTemplateText(edited);
    const auto differs = [this] {
      for (const QVariant& one : prompt().findings()) {
        if (one.toMap().value(QStringLiteral("kind")) == QLatin1String("differs"))
          return one.toMap().value(QStringLiteral("detail")).toString();
      }
      return QString();
    };
    QTRY_VERIFY_WITH_TIMEOUT(differs().contains(QStringLiteral("\n+<|begin_of_sentence|>Human: ")), kPatience);
    QVERIFY(differs().startsWith(QStringLiteral("--- built-in ernie-4.5\n+++ this template\n@@ ")));
  }

  void findingsSpeakThePersonsLanguage() {
    class Quoting : public QTranslator {
      QString translate(const char*, const char* source, const char*, int) const override {
        return QStringLiteral("«") + QString::fromUtf8(source) + QStringLiteral("»");
      }
      bool isEmpty() const override { return false; }
    } translator;
    QTRY_VERIFY_WITH_TIMEOUT(!prompt().findings().isEmpty(), kPatience);
    QCoreApplication::installTranslator(&translator);
    const QVariantMap finding = prompt().findings().constFirst().toMap();
    QCoreApplication::removeTranslator(&translator);
    QCOMPARE(finding[QStringLiteral("sentence")].toString(),
             QStringLiteral("«Messages of the role “tool” are left out without a word.»"));
    QVERIFY(finding[QStringLiteral("title")].toString().startsWith(QStringLiteral("«")));
  }

  void theChatsOwnGoesBeforeTheModels() {
    prompt().setScope(PromptViewModel::Scope::Model);
    prompt().setSystemPrompt(QStringLiteral("for all"));
    prompt().setScope(PromptViewModel::Scope::Chat);
    QCOMPARE(prompt().systemPrompt(), QStringLiteral("for all"));
    QVERIFY(!prompt().systemPromptModified());
    prompt().setSystemPrompt(QString());  // this chat wants none
    QVERIFY(prompt().systemPromptModified());
    QVERIFY(prompt().chatDiffers());
    QTRY_VERIFY_WITH_TIMEOUT(!previewText().contains(QStringLiteral("for all")), kPatience);
    prompt().resetSystemPrompt();
    QCOMPARE(prompt().systemPrompt(), QStringLiteral("for all"));
    QTRY_VERIFY_WITH_TIMEOUT(previewText().contains(QStringLiteral("for all\n")), kPatience);
    sendAndWait(QStringLiteral("Hello"));
    prompt().setSystemPrompt(QStringLiteral("for this"));
    QTRY_VERIFY_WITH_TIMEOUT(previewText().contains(QStringLiteral("for this\n")), kPatience);
    chat_->newChat();
    QCOMPARE(prompt().systemPrompt(), QStringLiteral("for all"));
  }

  void whatWasWrittenForAnUnsentChatIsKeptLikeItsDraft() {
    sendAndWait(QStringLiteral("Hello"));
    const qint64 first = chat_->conversationId();
    chat_->newChat();
    prompt().setSystemPrompt(QStringLiteral("not sent yet"));
    chat_->open(first);
    QTRY_COMPARE_WITH_TIMEOUT(chat_->conversationId(), first, kPatience);
    QCOMPARE(prompt().systemPrompt(), QString());
    chat_->newChat();
    QCOMPARE(prompt().systemPrompt(), QStringLiteral("not sent yet"));
    sendAndWait(QStringLiteral("Hello"));
    chat_->newChat();
    QCOMPARE(prompt().systemPrompt(), QString());
  }

  void aReplyThatWaitsForTheModelIsGivenWhatHoldsForIt() {
    prompt().setScope(PromptViewModel::Scope::Model);
    prompt().setTemplateText(QStringLiteral("{{ messages[-1].content }}"));
    end();
    start();
    limit(2);
    runner_->load(tests::fixtureModel("ernie4_5-chat"));
    send(QStringLiteral("Hello there"));  // before the model is there
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QCOMPARE(modelTokens(), runner_->countTokens(QStringLiteral("Hello there")).result());
  }

  void tooMuchForAllChatsIsRefusedAloud() {
    prompt().setScope(PromptViewModel::Scope::Model);
    prompt().setSystemPrompt(QString(Settings::kLongestPrompts + 1, QLatin1Char('x')));
    QVERIFY(!prompt().storeError().isEmpty());
    QVERIFY(settings_->promptOverride(runner_->modelName()).isEmpty());
    prompt().setSystemPrompt(QStringLiteral("short"));
    QVERIFY(prompt().storeError().isEmpty());
  }

  void everythingIsFoundAgainAfterARestart() {
    const QString own = QStringLiteral("{{ bos_token }}{{ messages[-1].content }}");
    prompt().setScope(PromptViewModel::Scope::Model);
    prompt().setSystemPrompt(QStringLiteral("for all"));
    prompt().setScope(PromptViewModel::Scope::Chat);
    prompt().setTemplateText(own);  // in a chat that is not stored yet
    sendAndWait(QStringLiteral("Hello"));
    const qint64 conversation = chat_->conversationId();
    prompt().setSystemPrompt(QStringLiteral("for this"));
    end();
    start();
    load();
    QCOMPARE(prompt().systemPrompt(), QStringLiteral("for all"));
    QVERIFY(!prompt().templateModified());
    chat_->open(conversation);
    QTRY_COMPARE_WITH_TIMEOUT(prompt().systemPrompt(), QStringLiteral("for this"), kPatience);
    QCOMPARE(prompt().templateText(), own);
  }

  void aTemplateOfAnotherModelIsLeftAlone() {
    prompt().setTemplateText(QStringLiteral("mine"));
    runner_->loadDemo();
    QVERIFY(tests::waitForLoad(*runner_));
    QCOMPARE(runner_->modelName(), QStringLiteral("demo-model"));
    QVERIFY(!prompt().templateModified());
    QVERIFY(prompt().templateText() != QStringLiteral("mine"));
    QCOMPARE(prompt().foreignModel(), QStringLiteral("ernie4_5-chat"));
    QTRY_VERIFY_WITH_TIMEOUT(previewText().contains(QStringLiteral("Hello!")), kPatience);
    load();
    QCOMPARE(prompt().templateText(), QStringLiteral("mine"));
    QCOMPARE(prompt().foreignModel(), QString());
  }

  void aLongConversationIsCutAndDoesNotHoldUpTheWindow() {
    QList<Message> messages;
    for (int turn = 0; turn < 200; ++turn) {
      messages << message(MessageRole::User, QStringLiteral("Tell me more about it, please. ").repeated(15))
               << message(MessageRole::Assistant, QStringLiteral("There is so much to tell about it. ").repeated(20));
    }
    messages << message(MessageRole::User, QStringLiteral("And?"));
    QElapsedTimer longest;
    qint64 worst = 0;
    QTimer beat;
    connect(&beat, &QTimer::timeout, this, [&] { worst = std::max(worst, longest.restart()); });
    longest.start();
    beat.start(5);
    prompt().setMessages(messages);
    QTRY_VERIFY_WITH_TIMEOUT(prompt().cut(), kPatience);
    QVERIFY2(prompt().tokenCount() > 100000, qPrintable(QString::number(prompt().tokenCount())));
    QVERIFY(previewText().size() <= PromptPreview::kShownCharacters);
    QVERIFY(previewText().size() > PromptPreview::kShownCharacters - 2000);
    QVERIFY2(worst < 250, qPrintable(QStringLiteral("the event loop stood still for %1 ms").arg(worst)));
  }

  void nothingIsRenderedUnseen() {
    prompt().setActive(false);
    QSignalSpy shown(&prompt(), &PromptViewModel::previewChanged);
    prompt().setTemplateText(QStringLiteral("{{ messages[0].content }}"));
    QTest::qWait(600);
    QCOMPARE(shown.count(), 0);
    prompt().setActive(true);
    QTRY_COMPARE_WITH_TIMEOUT(previewText(), QStringLiteral("Hello!"), kPatience);
  }

  void aBuiltInTemplateCanBePutInPlace() {
    QVERIFY(prompt().builtInNames().contains(QStringLiteral("chatml")));
    prompt().useBuiltIn(QStringLiteral("chatml"));
    QVERIFY(prompt().templateModified());
    QTRY_VERIFY_WITH_TIMEOUT(previewText().startsWith(QStringLiteral("<|im_start|>user\nHello!")), kPatience);
  }
};

QTEST_MAIN(PromptViewModelTest)
#include "prompt_view_model_test.moc"
