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
/// where there is one (kept in Settings: for one model, else for all), else the loaded model's. UI thread; borrows both,
/// which outlive it.
class SamplingViewModel : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The sampling settings come from the application root.")

  Q_PROPERTY(QStringList presets READ presets CONSTANT)
  Q_PROPERTY(QString preset READ preset NOTIFY presetChanged)
  Q_PROPERTY(Scope scope READ scope WRITE setScope NOTIFY scopeChanged)
  Q_PROPERTY(QString modelName READ modelName NOTIFY presetChanged)
  Q_PROPERTY(bool modelDiffers READ modelDiffers NOTIFY presetChanged)
  Q_PROPERTY(bool modelIsRemote READ modelIsRemote NOTIFY presetChanged)

 public:
  enum class Scope { Everywhere, Model };
  Q_ENUM(Scope)

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

  Scope scope() const { return scope_; }  ///< what is shown and edited; replies are drawn with what holds for their model
  void setScope(Scope scope);
  QString modelName() const;   ///< that Scope::Model is about; empty: there is no model, and then no such scope
  bool modelDiffers() const;   ///< the model has values of its own, which hold before those of everywhere
  bool modelIsRemote() const;  ///< it is on another machine: what nobody changed is not sent, and its server decides

  /// Sets a row's value, brought into its range and to its step's precision.
  Q_INVOKABLE void setValue(int row, double value);
  Q_INVOKABLE void reset(int row);
  Q_INVOKABLE void resetAll();
  Q_INVOKABLE void applyPreset(const QString& name);

  SamplingChoice choice() const;

 signals:
  void presetChanged();
  void scopeChanged();
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
  double valueIn(const Setting& setting, Scope scope) const;
  double held(const QString& name) const;
  void store(const QString& name, const QVariant& value);
  double inRange(const Setting& setting, double value) const;
  void valuesChanged();

  Settings& settings_;
  ModelRunner& runner_;
  QList<Setting> rows_;
  Scope scope_ = Scope::Everywhere;
};

}  // namespace app
