#include <QCommandLineParser>
#include <QGuiApplication>
#include <QIcon>
#include <QNetworkAccessManager>
#include <QQmlApplicationEngine>
#include <QQmlNetworkAccessManagerFactory>
#include <QQuickStyle>
#include <QTranslator>
#include <QtQml/QQmlExtensionPlugin>
#include <cstdio>

#include "app/app_root.h"
#include "app/single_instance.h"

Q_IMPORT_QML_PLUGIN(Sotto_AppPlugin)
Q_IMPORT_QML_PLUGIN(Sotto_UiPlugin)

namespace {

/// The window has no business with the network: whatever it asks for is refused.
class NoNetwork : public QNetworkAccessManager {
 public:
  using QNetworkAccessManager::QNetworkAccessManager;

 protected:
  QNetworkReply* createRequest(Operation operation, const QNetworkRequest&, QIODevice* data) override {
    // A scheme that nothing answers: the request ends at once, as an error.
    return QNetworkAccessManager::createRequest(operation, QNetworkRequest(QUrl(QStringLiteral("refused:"))), data);
  }
};

class NoNetworkFactory : public QQmlNetworkAccessManagerFactory {
 public:
  QNetworkAccessManager* create(QObject* parent) override { return new NoNetwork(parent); }
};

/// The command line, read. Ends the program itself for --help, --version and what it does not know.
struct CommandLine {
  app::StartOptions start;

  explicit CommandLine(const QCoreApplication& application) {
    QCommandLineParser parser;
    parser.setApplicationDescription(QCoreApplication::translate("main", "Chat with a language model on this machine."));
    const QCommandLineOption dataDir(QStringLiteral("data-dir"),
                                     QCoreApplication::translate("main", "Keep chats and settings in <dir>."),
                                     QStringLiteral("dir"));
    const QCommandLineOption model(QStringLiteral("model"),
                                   QCoreApplication::translate("main", "Load the model in the folder <path>."),
                                   QStringLiteral("path"));
    const QCommandLineOption offline(QStringLiteral("offline"),
                                     QCoreApplication::translate("main", "Never use the network."));
    const QCommandLineOption chat(QStringLiteral("chat"), QCoreApplication::translate("main", "Open the chat <id>."),
                                  QStringLiteral("id"));
    parser.addOptions({dataDir, model, offline, chat});
    parser.addHelpOption();
    parser.addVersionOption();
    parser.process(application);

    start.paths = parser.isSet(dataDir) ? app::Paths::under(parser.value(dataDir)) : app::Paths::standard();
    start.modelPath = parser.value(model);
    start.offline = parser.isSet(offline);
    if (!parser.isSet(chat)) return;
    bool isNumber = false;
    start.conversationId = parser.value(chat).toLongLong(&isNumber);
    if (!isNumber || start.conversationId <= 0) {
      std::fprintf(stderr, "sotto: --chat needs the number of a chat, not \"%s\"\n", qPrintable(parser.value(chat)));
      std::exit(1);
    }
  }
};

}  // namespace

int main(int argc, char* argv[]) {
  QGuiApplication application(argc, argv);
  QGuiApplication::setApplicationName(QStringLiteral("sotto"));
  QGuiApplication::setApplicationDisplayName(QStringLiteral("Sotto"));
  QGuiApplication::setApplicationVersion(QStringLiteral(SOTTO_VERSION));
  QGuiApplication::setDesktopFileName(QStringLiteral("io.sotto.Sotto"));
  QGuiApplication::setWindowIcon(QIcon(QStringLiteral(":/sotto/icons/io.sotto.Sotto.svg")));
  QQuickStyle::setStyle(QStringLiteral("Basic"));
  // English brings its plurals; the person's own language, installed later, is asked first.
  QTranslator english, translator;
  const QString translations = QStringLiteral(":/sotto/translations");
  if (english.load(QStringLiteral("sotto_en"), translations)) QGuiApplication::installTranslator(&english);
  if (translator.load(QLocale(), QStringLiteral("sotto"), QStringLiteral("_"), translations))
    QGuiApplication::installTranslator(&translator);
  const CommandLine commandLine(application);
  const app::StartOptions& start = commandLine.start;

  app::SingleInstance instance(start.paths.dataDir);
  const auto outcome = instance.start(app::startArgument(start.modelPath, start.conversationId));
  if (outcome == app::SingleInstance::Outcome::Raised) return 0;
  if (outcome == app::SingleInstance::Outcome::Unanswered) {
    std::fprintf(stderr, "sotto: %s\n", qPrintable(instance.sentence()));
    return 1;
  }

  app::AppRoot root(start);
  root.addNotice(instance.sentence());
  QObject::connect(&instance, &app::SingleInstance::raiseRequested, &root, &app::AppRoot::raise);

  NoNetworkFactory noNetwork;
  QQmlApplicationEngine engine;
  engine.setNetworkAccessManagerFactory(&noNetwork);
  engine.addImportPath(QStringLiteral("qrc:/qt/qml"));
  engine.setInitialProperties({{QStringLiteral("app"), QVariant::fromValue(&root)}});
  engine.load(QUrl(QStringLiteral("qrc:/qt/qml/Sotto/Ui/Main.qml")));
  if (engine.rootObjects().isEmpty()) return 1;
  return QGuiApplication::exec();
}
