#include "app/chat/sampling_view_model.h"

#include <QAbstractItemModelTester>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSignalSpy>
#include <QtTest>

#include "app/settings/settings.h"
#include "tests/app/model_fixture.h"

using namespace app;

class SamplingViewModelTest : public QObject {
  Q_OBJECT

  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<Settings> settings_;
  std::unique_ptr<ModelRunner> runner_;
  std::unique_ptr<SamplingViewModel> model_;

  int rowOf(const QString& name) const {
    for (int row = 0; row < model_->rowCount(); ++row) {
      if (at(row, SamplingViewModel::NameRole).toString() == name) return row;
    }
    return -1;
  }
  QVariant at(int row, int role) const { return model_->data(model_->index(row, 0), role); }
  double value(const QString& name) const { return at(rowOf(name), SamplingViewModel::ValueRole).toDouble(); }

 private slots:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    settings_ = std::make_unique<Settings>(folder_->filePath(QStringLiteral("settings.json")));
    runner_ = std::make_unique<ModelRunner>(*settings_);
    model_ = std::make_unique<SamplingViewModel>(*settings_, *runner_);
  }
  void cleanup() {
    model_.reset();
    runner_.reset();
    settings_.reset();
    folder_.reset();
  }

  void rowsAreThoseOfTheTable() {
    QAbstractItemModelTester tester(model_.get());
    QFile file(QStringLiteral(SOTTO_SOURCE_DIR "/resources/sampling_settings.json"));
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QJsonArray table = QJsonDocument::fromJson(file.readAll()).array();
    QCOMPARE(model_->rowCount(), static_cast<int>(table.size()));
    for (int row = 0; row < table.size(); ++row) {
      const QJsonObject setting = table[row].toObject();
      QCOMPARE(at(row, SamplingViewModel::NameRole).toString(), setting["name"].toString());
      QCOMPARE(at(row, SamplingViewModel::LabelRole).toString(), setting["label"].toString());
      QCOMPARE(at(row, SamplingViewModel::MaximumRole).toDouble(), setting["maximum"].toDouble());
      QCOMPARE(at(row, SamplingViewModel::ValueRole).toDouble(), setting["default"].toDouble());
      QVERIFY(!at(row, SamplingViewModel::ModifiedRole).toBool());
    }
  }

  void modelBringsItsOwnValues() {
    runner_->load(tests::fixtureModel("ernie4_5-chat"));
    QVERIFY(tests::waitForLoad(*runner_));
    // Its generation_config.json.
    QCOMPARE(value(QStringLiteral("temperature")), 0.8);
    QCOMPARE(value(QStringLiteral("top_p")), 0.8);
    QVERIFY(!at(rowOf(QStringLiteral("temperature")), SamplingViewModel::ModifiedRole).toBool());
    QCOMPARE(model_->preset(), model_->presets().last());
  }

  void personsValueHoldsAndIsKept() {
    QSignalSpy changed(model_.get(), &SamplingViewModel::choiceChanged);
    const int row = rowOf(QStringLiteral("temperature"));
    model_->setValue(row, 0.301);
    QCOMPARE(value(QStringLiteral("temperature")), 0.3);  // two decimals
    QVERIFY(at(row, SamplingViewModel::ModifiedRole).toBool());
    QVERIFY(changed.count() > 0);
    QCOMPARE(model_->choice().params.temperature, 0.3);

    SamplingViewModel later(*settings_, *runner_);
    QCOMPARE(later.choice().params.temperature, 0.3);
    model_->reset(row);
    QVERIFY(!at(row, SamplingViewModel::ModifiedRole).toBool());
  }

  void valuesStayInTheirRange() {
    model_->setValue(rowOf(QStringLiteral("temperature")), 99);
    QCOMPARE(value(QStringLiteral("temperature")), 2.0);
    model_->setValue(rowOf(QStringLiteral("top_k")), -5);
    QCOMPARE(value(QStringLiteral("top_k")), 0.0);
    model_->setValue(rowOf(QStringLiteral("top_p")), std::nan(""));
    QCOMPARE(value(QStringLiteral("top_p")), 1.0);
    model_->setValue(-1, 1);
    model_->setValue(100, 1);
    settings_->setSamplingOverride(QStringLiteral("top_p"), QStringLiteral("nonsense"));
    QCOMPARE(value(QStringLiteral("top_p")), 1.0);
  }

  void zeroTemperatureIsGreedy() {
    model_->setValue(rowOf(QStringLiteral("temperature")), 0);
    QVERIFY(!model_->choice().params.do_sample);
    model_->setValue(rowOf(QStringLiteral("temperature")), 0.05);
    QVERIFY(model_->choice().params.do_sample);
  }

  void presetSetsItsValuesAndIsTold() {
    QSignalSpy changed(model_.get(), &SamplingViewModel::presetChanged);
    QCOMPARE(model_->presets().size(), 4);
    model_->setValue(rowOf(QStringLiteral("seed")), 7);
    for (const QString& name : model_->presets()) {
      model_->applyPreset(name);
      QCOMPARE(model_->preset(), name);
      QCOMPARE(model_->choice().params.seed, std::uint64_t{7});
    }
    QVERIFY(changed.count() > 0);
    QVERIFY(!at(rowOf(QStringLiteral("temperature")), SamplingViewModel::ModifiedRole)
                 .toBool());  // the model's own was last
    model_->setValue(rowOf(QStringLiteral("temperature")), 1.55);
    QCOMPARE(model_->preset(), QString());
    model_->resetAll();
    QCOMPARE(model_->choice().params.seed, std::uint64_t{0});
  }

  void aModelsOwnValuesGoBeforeThoseOfEverywhere() {
    const int row = rowOf(QStringLiteral("temperature"));
    model_->setScope(SamplingViewModel::Scope::Model);
    QCOMPARE(model_->scope(), SamplingViewModel::Scope::Everywhere);  // there is no model yet
    model_->setValue(row, 1.5);
    runner_->load(tests::fixtureModel("ernie4_5-chat"));
    QVERIFY(tests::waitForLoad(*runner_));
    QCOMPARE(model_->choice().params.temperature, 1.5);

    QSignalSpy changed(model_.get(), &SamplingViewModel::choiceChanged);
    model_->setScope(SamplingViewModel::Scope::Model);
    model_->setValue(row, 0.3);
    QVERIFY(changed.count() > 0);
    QVERIFY(model_->modelDiffers());
    QCOMPARE(model_->choice().params.temperature, 0.3);
    QCOMPARE(settings_->samplingOverrides().value(QStringLiteral("temperature")).toDouble(), 1.5);
    // The panel may show everywhere's; the reply is drawn with the model's.
    model_->setScope(SamplingViewModel::Scope::Everywhere);
    QCOMPARE(value(QStringLiteral("temperature")), 1.5);
    QCOMPARE(model_->choice().params.temperature, 0.3);
    model_->setScope(SamplingViewModel::Scope::Model);
    model_->reset(row);
    QVERIFY(!model_->modelDiffers());
    QCOMPARE(model_->choice().params.temperature, 1.5);

    model_->applyPreset(model_->presets().first());
    QVERIFY(model_->modelDiffers());
    QCOMPARE(settings_->samplingOverrides().size(), 1);
    model_->resetAll();
    QVERIFY(!model_->modelDiffers());
    QCOMPARE(settings_->samplingOverrides().size(), 1);
    runner_->unload();
    QCOMPARE(model_->scope(), SamplingViewModel::Scope::Everywhere);
  }
};

QTEST_GUILESS_MAIN(SamplingViewModelTest)
#include "sampling_view_model_test.moc"
