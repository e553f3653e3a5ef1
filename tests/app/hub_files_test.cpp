#include "app/hub/hub_files.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include "app/hub/choice_rows.h"
#include "app/hub/hub_answers.h"

using namespace app;

namespace {

HubFile file(const char* path, qint64 size = 10) {
  HubFile made;
  made.path = QString::fromUtf8(path);
  made.size = size;
  return made;
}

QStringList paths(const FileChoice& choice) {
  QStringList list;
  for (const HubFile& one : choice.files) list << one.path;
  return list;
}

const char* const kSha = "0123456789abcdef0123456789abcdef01234567";

/// JSON in single quotes, with SHA and HASH for a commit and a SHA-256.
QByteArray json(const char* text) {
  return QByteArray(text).replace('\'', '"').replace("SHA", kSha).replace("HASH", QByteArray(64, 'A'));
}

}  // namespace

class HubFilesTest : public QObject {
  Q_OBJECT

 private slots:
  void safetensorsAreOneChoiceWithWhatTheEngineReads() {
    const auto choices = choicesOf(
        {file("README.md"), file("model-00002-of-00002.safetensors", 500), file("tokenizer.json"), file("config.json"),
         file("model-00001-of-00002.safetensors", 700), file("model.safetensors.index.json"), file("pytorch_model.bin"),
         file("onnx/model.onnx"), file("figure.png"), file("tokenizer.model"), file("chat_template.jinja"),
         file("modeling_ernie.py"), file("other/config.json")},
        QStringLiteral("BF16"));
    QCOMPARE(choices.size(), 1);
    QVERIFY2(choices[0].problem.isEmpty(), qPrintable(choices[0].problem));
    QCOMPARE(choices[0].precision, QStringLiteral("BF16"));
    QCOMPARE(
        paths(choices[0]).join(u' '),
        QStringLiteral("config.json tokenizer.model tokenizer.json chat_template.jinja model.safetensors.index.json "
                       "model-00001-of-00002.safetensors model-00002-of-00002.safetensors"));
    QCOMPARE(choices[0].bytes, 1250);
  }

  void whatIsMissingIsSaid() {
    const auto noConfig = choicesOf({file("model.safetensors"), file("tokenizer.json")});
    QVERIFY(noConfig[0].problem.contains(QStringLiteral("config.json")));
    const auto noTokenizer = choicesOf({file("model.safetensors"), file("config.json")});
    QVERIFY(noTokenizer[0].problem.contains(QStringLiteral("tokenizer")));
    const auto noPart = choicesOf({file("model-00001-of-00003.safetensors"), file("model-00003-of-00003.safetensors"),
                                   file("config.json"), file("tokenizer.json")});
    QVERIFY(noPart[0].problem.contains(QStringLiteral("missing")));
    const auto noGgufPart = choicesOf({file("a-Q8_0-00001-of-00002.gguf")});
    QVERIFY(noGgufPart[0].problem.contains(QStringLiteral("missing")));
  }

  void everyQuantisationIsAChoice() {
    const auto choices =
        choicesOf({file("GLM-4-9B-0414-Q8_0.gguf", 99), file("GLM-4-9B-0414-Q4_K_M.gguf", 55), file("mmproj-F16.gguf"),
                   file("imatrix.gguf"), file("README.md"), file("BF16/GLM-4-9B-0414-BF16-00002-of-00002.gguf", 60),
                   file("BF16/GLM-4-9B-0414-BF16-00001-of-00002.gguf", 70), file("GLM-4-9B-0414-UD-IQ2_M.gguf", 30),
                   file("GLM-4-9B-0414-UD-Q4_K_XL.gguf", 56)});
    QStringList names;
    for (const FileChoice& choice : choices) names << choice.precision;
    QCOMPARE(names.join(u' '), QStringLiteral("UD-IQ2_M Q4_K_M UD-Q4_K_XL Q8_0 BF16"));
    QVERIFY(choices[0].problem.contains(QStringLiteral("IQ2_M")));
    QVERIFY(choices[1].problem.isEmpty());
    QCOMPARE(choices[4].bytes, 130);
    QCOMPARE(choices[4].files[0].path, QStringLiteral("BF16/GLM-4-9B-0414-BF16-00001-of-00002.gguf"));
  }

  void lengthsThatAreUnknownOrTooMuchAreNotAdded() {
    QCOMPARE(choicesOf({file("a-Q8_0.gguf", -1)})[0].bytes, -1);
    const qint64 most = std::numeric_limits<qint64>::max();
    QCOMPARE(choicesOf({file("a-Q8_0-00001-of-00002.gguf", most), file("a-Q8_0-00002-of-00002.gguf", most)})[0].bytes,
             -1);
  }

  void pathsThatLeadElsewhereAreInNoChoice() {
    for (const char* path : {"../a-Q8_0.gguf", "/etc/a-Q8_0.gguf", "a/../../b-Q8_0.gguf", "a\\b-Q8_0.gguf",
                             "./a-Q8_0.gguf", "a//b-Q8_0.gguf", "C:a-Q8_0.gguf", "a\nb-Q8_0.gguf", ""}) {
      QVERIFY2(!isSafePath(QString::fromUtf8(path)), path);
      QVERIFY2(choicesOf({file(path)}).isEmpty(), path);
    }
    QVERIFY(!isSafePath(QString(10000, u'a')));
    QVERIFY(isSafePath(QStringLiteral("BF16/ernie 4.5.gguf")));
  }

  void repositoryNamesAreOwnerAndName() {
    QVERIFY(isRepoName(QStringLiteral("baidu/ERNIE-4.5-0.3B-PT")));
    for (const char* name :
         {"baidu", "a/b/c", "/b", "a/", "../b", "a/..", "a b/c", "a/b?x", "a/b#", "a/%2e", "a/b..c", "a\n/b"})
      QVERIFY2(!isRepoName(QString::fromUtf8(name)), name);
    QVERIFY(!isRepoName(QString(200, u'a') + QStringLiteral("/b")));
  }

  void foldersHavePlainNames() {
    QCOMPARE(folderName(QStringLiteral("unsloth/GLM-4-9B-0414-GGUF"), QStringLiteral("Q4_K_M"), true),
             QStringLiteral("unsloth_GLM-4-9B-0414-GGUF-Q4_K_M"));
    QCOMPARE(folderName(QStringLiteral("../x y/é"), {}, false), QStringLiteral("_x_y__"));
  }

  void readsHuggingFace() {
    QString problem;
    const auto found = readHuggingFaceSearch(
        json("[{'id':'a/b','downloads':12,'gated':'auto','tags':['gguf','license:mit']},{'id':'../x'},7,"
             "{'modelId':'c/d','downloads':1e308,'gated':false}]"),
        problem);
    QCOMPARE(found.size(), 2);
    QVERIFY(problem.isEmpty());
    QCOMPARE(found[0].licence, QStringLiteral("mit"));
    QVERIFY(found[0].gated && !found[1].gated);
    QCOMPARE(found[0].downloads, 12);
    QCOMPARE(found[1].downloads, -1);

    const HubRepo repo = readHuggingFaceRepo(
        json("{'id':'a/b','sha':'SHA','config':{'model_type':'glm4'},'safetensors':{'parameters':{'F32':3,'BF16':900}},"
             "'siblings':[{'rfilename':'config.json','size':12,'blobId':'SHA'},"
             "{'rfilename':'model.safetensors','size':133,'blobId':'SHA','lfs':{'sha256':'HASH','size':5000}},"
             "{'rfilename':'x','size':-4},{'rfilename':'y','size':1e308},{'rfilename':'z','size':'12'}]}"),
        problem);
    QVERIFY2(problem.isEmpty(), qPrintable(problem));
    QCOMPARE(repo.revision, QString::fromLatin1(kSha));
    QCOMPARE(repo.architecture, QStringLiteral("glm4"));
    QCOMPARE(repo.weightType, QStringLiteral("BF16"));
    QCOMPARE(repo.files[0].gitSha1, QByteArray(kSha));
    QCOMPARE(repo.files[1].size, 5000);
    QCOMPARE(repo.files[1].sha256, QByteArray(64, 'a'));
    QVERIFY2(repo.files[1].gitSha1.isEmpty(), "the blob of an LFS file is its pointer");
    for (int i = 2; i < 5; ++i) QCOMPARE(repo.files[i].size, -1);
  }

  void readsModelScope() {
    QString problem;
    const auto found = readModelScopeSearch(
        json("{'success':true,'data':{'total_count':1,'models':[{'id':'PaddlePaddle/ERNIE','downloads':5,"
             "'license':'Apache'},{'id':'bad'}]}}"),
        problem);
    QCOMPARE(found.size(), 1);
    QCOMPARE(found[0].licence, QStringLiteral("Apache"));
    const HubRepo repo = readModelScopeRepo(json("{'Code':200,'Data':{'Files':[{'Path':'BF16','Type':'tree','Size':0},"
                                                 "{'Path':'BF16/a.gguf','Type':'blob','Size':77,'Sha256':'00'}]}}"),
                                            problem);
    QCOMPARE(repo.files.size(), 1);
    QCOMPARE(repo.files[0].size, 77);
    QVERIFY2(repo.files[0].sha256.isEmpty(), "no hash of 64 digits");
    QVERIFY(problem.isEmpty());
  }

  void hostileAnswersAreRefused_data() {
    QTest::addColumn<QByteArray>("answer");
    QTest::newRow("nothing") << QByteArray();
    QTest::newRow("a page") << QByteArray("<!doctype html><title>Sign in to the hotel</title>");
    QTest::newRow("wrong types") << json("{'id':[],'sha':{},'siblings':'x','data':{'models':3},'Data':{'Files':{}}}");
    QTest::newRow("deep") << QByteArray(100000, '[');
    QTest::newRow("a number") << QByteArray("1e308");
    QTest::newRow("no commit") << json("{'id':'a/b','sha':'main','siblings':[]}");
    QByteArray many = json("{'id':'a/b','sha':'SHA','siblings':[");
    for (int i = 0; i < kMostRepoFiles; ++i) many += "{},";
    QTest::newRow("many files") << many + "{}]}";
  }

  void hostileAnswersAreRefused() {
    QFETCH(QByteArray, answer);
    const auto refused = [&](auto read) {
      QString problem;
      const auto ignored = read(answer, problem);
      Q_UNUSED(ignored)
      return !problem.isEmpty();
    };
    QVERIFY(refused(readHuggingFaceSearch));
    QVERIFY(refused(readHuggingFaceRepo));
    QVERIFY(refused(readModelScopeSearch));
    QVERIFY(refused(readModelScopeRepo));
  }

  void listsOfRepositoriesAreLimited() {
    QJsonArray many;
    for (int i = 0; i < 1000; ++i) many.append(QJsonObject{{QStringLiteral("id"), QStringLiteral("a/b%1").arg(i)}});
    QString problem;
    QCOMPARE(readHuggingFaceSearch(QJsonDocument(many).toJson(), problem).size(), qsizetype(kMostFoundRepos));
  }

  void otherArchitecturesAreNamed() {
    QVERIFY(architectureProblem(QStringLiteral("glm4")).isEmpty());
    QVERIFY(architectureProblem({}).isEmpty());
    QVERIFY(architectureProblem(QStringLiteral("qwen3")).contains(QStringLiteral("qwen3")));
  }
};

QTEST_GUILESS_MAIN(HubFilesTest)
#include "hub_files_test.moc"
