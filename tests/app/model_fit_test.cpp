#include "app/hub/model_fit.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

#include "app/hub/choice_rows.h"
#include "app/hub/machine.h"
#include "engine/engine.h"

using namespace app;

namespace {

constexpr qint64 kGb = 1'000'000'000;

QString fixture(const char* path) {
  return QStringLiteral(SOTTO_FIXTURES_DIR "/") + QLatin1String(path);
}

/// A copy of which only the first `keep` bytes are there and the rest is a hole of the right length.
void copyHead(const QString& from, const QString& to, qint64 keep) {
  QFile source(from), target(to);
  QVERIFY(source.open(QIODevice::ReadOnly) && target.open(QIODevice::WriteOnly));
  target.write(source.read(keep));
  QVERIFY(target.resize(source.size()));
}

qint64 safetensorsHeader(const QString& path) {
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) return 0;
  return 8 + qFromLittleEndian<qint64>(file.read(8).constData());
}

ModelNeeds needs(qint64 memory, qint64 active = 0, qint64 kv = 0) {
  ModelNeeds made;
  made.memoryBytes = memory;
  made.activeBytesPerToken = active;
  made.kvBytesPerToken = kv;
  return made;
}

MachineFacts machine(qint64 total, qint64 available, double bandwidth = 0) {
  MachineFacts made;
  made.memoryTotal = total;
  made.memoryAvailable = available;
  made.bandwidth = bandwidth;
  return made;
}

ChoiceRow choice(const char* precision, qint64 memory, qint64 active) {
  ChoiceRow made;
  made.precision = QLatin1String(precision);
  made.needs = needs(memory, active);
  return made;
}

void compareWithInspect(const ModelNeeds& found, const QString& whole) {
  const engine::ModelInfo info = engine::inspect(whole.toStdString(), {});
  QVERIFY2(found.problem.isEmpty(), qPrintable(found.problem));
  QCOMPARE(quint64(found.memoryBytes), info.memory_bytes);
  QCOMPARE(quint64(found.weightBytes), info.weight_bytes);
  QCOMPARE(quint64(found.activeBytesPerToken), info.active_bytes_per_token);
  QCOMPARE(quint64(found.kvBytesPerToken), info.kv_bytes_per_token);
  QCOMPARE(found.contextLength, qint64(info.usable_context_length));
}

}  // namespace

class ModelFitTest : public QObject {
  Q_OBJECT

 private slots:
  void headOfGgufTellsWhatTheWholeFileDoes_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"ernie4_5-Q4_0.gguf", "ernie4_5-Q6_K.gguf", "ernie4_5_moe-BF16.gguf", "glm4-Q4_K.gguf"})
      QTest::newRow(name) << QString::fromLatin1(name);
  }

  void headOfGgufTellsWhatTheWholeFileDoes() {
    QFETCH(QString, name);
    const QString whole = fixture("quantised/") + name;
    const QTemporaryDir folder;
    const QString head = folder.filePath(name);
    // The least head that will do is found by halving: everything longer says the same, everything shorter is no
    // header.
    qint64 less = 4, enough = QFileInfo(whole).size();
    while (enough - less > 1) {
      const qint64 middle = (less + enough) / 2;
      copyHead(whole, head, middle);
      const HeaderReading reading = readHeader(head);
      QVERIFY(reading.needs.problem.isEmpty() || reading.damaged);
      (reading.needs.problem.isEmpty() ? enough : less) = middle;
    }
    QVERIFY2(enough < QFileInfo(whole).size() / 2, "the header alone must do");
    copyHead(whole, head, enough);
    compareWithInspect(readHeader(head).needs, whole);
  }

  void headsOfShardsTellWhatTheWholeFolderDoes() {
    const QDir whole(fixture("models/ernie4_5-chat"));
    const QTemporaryDir folder;
    for (const QString& name : whole.entryList(QDir::Files)) {
      const QString path = whole.filePath(name);
      copyHead(path, folder.filePath(name),
               name.endsWith(QLatin1String(".safetensors")) ? safetensorsHeader(path) : 1 << 24);
    }
    compareWithInspect(readHeader(folder.path()).needs, whole.path());
  }

  void whatCannotRunHasAReason() {
    const HeaderReading other = readHeader(fixture("malformed/gguf/architecture-unknown.gguf"));
    QVERIFY(!other.needs.problem.isEmpty());
    QVERIFY2(!other.damaged, "more bytes would not help");
    const HeaderReading damaged = readHeader(fixture("malformed/gguf/kv-count-huge.gguf"));
    QVERIFY(damaged.damaged);
    QVERIFY(!readHeader(QStringLiteral("/nowhere")).needs.problem.isEmpty());
    QCOMPARE(fitOf(other.needs, machine(16 * kGb, 9 * kGb)).verdict, Verdict::Unknown);
    QCOMPARE(fitOf(other.needs, machine(16 * kGb, 9 * kGb)).sentence, other.needs.problem);
  }

  void verdictsFollowTheMemory() {
    const auto verdict = [](qint64 memory, qint64 total, qint64 available) {
      const ModelFit fit = fitOf(needs(memory), machine(total, available));
      return fit.sentence.isEmpty() ? Verdict::Unknown : fit.verdict;
    };
    QCOMPARE(verdict(8 * kGb, 16 * kGb, 12 * kGb), Verdict::Fits);
    QCOMPARE(verdict(12'800'000'000, 16 * kGb, 16 * kGb), Verdict::Fits);  // 80 %
    QCOMPARE(verdict(12'800'000'001, 16 * kGb, 16 * kGb), Verdict::Tight);
    QCOMPARE(verdict(8 * kGb, 16 * kGb, 7 * kGb), Verdict::Tight);  // not free just now
    QCOMPARE(verdict(16 * kGb, 16 * kGb, 16 * kGb), Verdict::Tight);
    QCOMPARE(verdict(16 * kGb + 1, 16 * kGb, 16 * kGb), Verdict::TooLarge);
    QCOMPARE(verdict(8 * kGb, 0, 0), Verdict::Unknown);
    QCOMPARE(verdict(0, 16 * kGb, 16 * kGb), Verdict::Unknown);
    MachineFacts gpu = machine(4 * kGb, 3 * kGb);
    gpu.gpu = QStringLiteral("Some GPU");
    gpu.gpuMemoryFree = 24 * kGb;
    QCOMPARE(fitOf(needs(20 * kGb), gpu).verdict, Verdict::Fits);
    QCOMPARE(fitOf(needs(23 * kGb), gpu).verdict, Verdict::TooLarge);
  }

  void speedIsBandwidthByBytesRead() {
    // 40 GB/s; 3.9 GB of weights and 1024 tokens of 97,656.25 bytes: 4.0 GB for a token.
    const ModelFit fit = fitOf(needs(5 * kGb, 3'900'000'000, 97'656), machine(16 * kGb, 12 * kGb, 40e9));
    QVERIFY(std::abs(fit.tokensPerSecond - 10) < 0.001);
    QVERIFY(fit.sentence.contains(QStringLiteral("10 tokens")));
    QCOMPARE(fitOf(needs(5 * kGb, 3'900'000'000), machine(16 * kGb, 12 * kGb)).tokensPerSecond, 0.0);
    QCOMPARE(fitOf(needs(17 * kGb, 3'900'000'000), machine(16 * kGb, 12 * kGb, 40e9)).tokensPerSecond, 0.0);
  }

  void theHeaviestComfortableChoiceIsBest() {
    const QList<ChoiceRow> choices = {choice("Q4_K_M", 6 * kGb, 5 * kGb), choice("Q8_0", 11 * kGb, 10 * kGb),
                                      choice("BF16", 20 * kGb, 18 * kGb)};
    QCOMPARE(bestChoice(choices, machine(64 * kGb, 60 * kGb, 400e9)), 2);
    QCOMPARE(bestChoice(choices, machine(64 * kGb, 60 * kGb, 100e9)), 1);  // BF16 at 5.6 tokens a second is slow
    QCOMPARE(bestChoice(choices, machine(64 * kGb, 60 * kGb, 10e9)), 0);   // all are: the fastest
    QCOMPARE(bestChoice(choices, machine(64 * kGb, 60 * kGb)), 2);         // not measured yet
    QCOMPARE(bestChoice(choices, machine(7 * kGb, 5 * kGb)), 0);           // tight
    QCOMPARE(bestChoice(choices, machine(4 * kGb, 3 * kGb)), -1);
    QCOMPARE(bestChoice({}, machine(4 * kGb, 3 * kGb)), -1);
    QList<ChoiceRow> broken = choices;
    broken[2].problem = QStringLiteral("Parts are missing.");
    QCOMPARE(bestChoice(broken, machine(64 * kGb, 60 * kGb, 400e9)), 1);
  }

  void estimatesAreNearPublishedFiles() {
    const ModelSize ernie21b{21'825'000'000, 3'352'000'000, 57'344, 131'072};
    const ModelSize glm9b{9'400'000'000, 8'780'000'000, 40'960, 32'768};
    const auto near = [](qint64 about, double published) { return std::abs(double(about) / published - 1) < 0.08; };
    QVERIFY(near(aboutBytes(ernie21b, QStringLiteral("Q4_K_M")), 13.33e9));
    QVERIFY(near(aboutBytes(ernie21b, QStringLiteral("Q8_0")), 23.2e9));
    QVERIFY(near(aboutBytes(ernie21b, QStringLiteral("Q6_K")), 18.1e9));
    QVERIFY(near(aboutBytes(ernie21b, QStringLiteral("BF16")), 43.7e9));
    QVERIFY(near(aboutBytes(glm9b, QStringLiteral("Q4_K_M")), 6.167e9));
    QVERIFY(near(aboutBytes(glm9b, QStringLiteral("Q8_0")), 10.0e9));
    QCOMPARE(aboutBytes(glm9b, QStringLiteral("Q4_Z")), -1);
    const ModelNeeds about = estimateNeeds(ernie21b, QStringLiteral("Q8_0"));
    QVERIFY(about.estimated);
    QVERIFY(near(about.activeBytesPerToken, 3.56e9));
    QCOMPARE(about.contextLength, 8192);
    QVERIFY(about.memoryBytes > about.weightBytes + 8192 * 57'344);
    QVERIFY(!estimateNeeds({}, QStringLiteral("Q8_0")).known());
  }

  void otherPrecisionsFollowFromOneHeader() {
    ModelNeeds base = needs(11 * kGb, 9 * kGb, 40'960);
    base.weightBytes = 10 * kGb;
    const ModelNeeds half = needsBeside(base, 10 * kGb, 5 * kGb);
    QVERIFY(half.estimated);
    QCOMPARE(half.weightBytes, 5 * kGb);
    QCOMPARE(half.memoryBytes, 6 * kGb);
    QCOMPARE(half.activeBytesPerToken, 4'500'000'000);
    QVERIFY(!needsBeside(base, 0, 5).known());
    QVERIFY(!needsBeside({}, 10, 5).known());
    QVERIFY(!needsOfBytes(std::numeric_limits<qint64>::max()).known());
  }

  void machineMeasuresOnceAndSaysIt() {
    Machine here;
    QVERIFY(here.sentence().isEmpty());
    here.look();
    QVERIFY(here.measuring());
    QTRY_VERIFY_WITH_TIMEOUT(!here.measuring(), 60000);
    QVERIFY(here.facts().cores > 0 && here.facts().memoryTotal > 0 && here.facts().bandwidth > 0);
    QVERIFY(here.sentence().contains(QStringLiteral("memory")));
    const double measured = here.facts().bandwidth;
    here.look();
    QTRY_VERIFY_WITH_TIMEOUT(!here.measuring(), 60000);
    QCOMPARE(here.facts().bandwidth, measured);
  }
};

QTEST_GUILESS_MAIN(ModelFitTest)
#include "model_fit_test.moc"
