#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QHash>
#include <QList>
#include <QString>
#include <QStringList>

#include "app/chat/sampling_choice.h"

namespace app {

class ModelRunner;
class Settings;

/// The sampling panel: one row a setting, as resources/sampling_settings.json describes it. A value is the person's own
/// where there is one (kept in Settings), else the loaded model's. UI thread; borrows both, which outlive it.
class SamplingViewModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The sampling settings come from the application root.")

  Q_PROPERTY(QStringList presets READ presets CONSTANT)
  Q_PROPERTY(QString preset READ preset NOTIFY presetChanged)

 public:
  enum Role {
    NameRole = Qt::UserRole + 1,  ///< "temperature"
    LabelRole,                    ///< for people, in their language
    ValueRole,
    MinimumRole,
    MaximumRole,
    StepRole,
    DecimalsRole,
    ExplanationRole,
    ModifiedRole,  ///< bool: not what the model brings
  };

  SamplingViewModel(Settings& settings, ModelRunner& runner, QObject* parent = nullptr);

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  QStringList presets() const;
  QString preset() const;  ///< the one whose values these are; empty: none

  /// Sets a row's value, brought into its range and to its step's precision.
  Q_INVOKABLE void setValue(int row, double value);
  Q_INVOKABLE void reset(int row);
  Q_INVOKABLE void resetAll();
  Q_INVOKABLE void applyPreset(const QString& name);

  SamplingChoice choice() const;

 signals:
  void presetChanged();
  /// choice() is another one now.
  void choiceChanged();

 private:
  struct Setting {
    QString name;
    QString label;
    QString explanation;
    double minimum = 0;
    double maximum = 0;
    double step = 0;
    int decimals = 0;
    double fallback = 0;  // without a model
  };

  double own(const Setting& setting) const;
  double value(const Setting& setting) const;
  double valueOf(const QString& name) const;
  double inRange(const Setting& setting, double value) const;
  void valuesChanged();

  Settings& settings_;
  ModelRunner& runner_;
  QList<Setting> rows_;
};

}  // namespace app
