#pragma once

#include <QtQml/qqmlregistration.h>

#include <QAbstractListModel>
#include <QHash>
#include <QList>
#include <QString>
#include <QThreadPool>
#include <QUrl>
#include <QVariantMap>
#include <functional>
#include <memory>

#include "app/chat/model_runner.h"
#include "app/library/library_jobs.h"
#include "app/library/model_scan.h"

namespace app {

/// The models of this machine as rows: those in Sotto's models folder, those that the person opened, those that other
/// programs downloaded, and the demo model last. What a row says is derived from the files each time they are looked at.
/// Other programs' files are read, never changed. UI thread; borrows settings and runner, which outlive it; files are
/// scanned, looked at and changed on threads of its own.
class ModelLibrary : public QAbstractListModel {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The library comes from the application root.")

  Q_PROPERTY(app::LibraryJobs* jobs READ jobs CONSTANT)
  Q_PROPERTY(bool scanning READ scanning NOTIFY scanningChanged)
  Q_PROPERTY(int unusableCount READ unusableCount NOTIFY unusableCountChanged)
  Q_PROPERTY(bool moving READ moving NOTIFY movingChanged)
  Q_PROPERTY(QString modelsDir READ modelsDir NOTIFY modelsDirChanged)
  Q_PROPERTY(QString problem READ problem NOTIFY problemChanged)
  Q_PROPERTY(QVariantMap candidate READ candidate NOTIFY candidateChanged)
  Q_PROPERTY(QString undoTitle READ undoTitle NOTIFY undoTitleChanged)

 public:
  enum Role {
    NameRole = Qt::UserRole + 1,
    PathRole,
    DetailRole,  ///< "ernie4_5 · 0.36 B · bf16"; empty until it is known
    IsDemoRole,
    ActiveRole,   ///< it is loaded
    MissingRole,  ///< its files are not there any more
    ProblemRole,  ///< why it cannot be loaded, in a sentence; empty: it can, as far as its header tells
    CheckedRole,  ///< its header was looked at
    BytesRole,    ///< on the disk
    SizeTextRole,
    PrecisionRole,
    ArchitectureRole,
    ParametersRole,
    ContextRole,       ///< tokens; 0: not known
    TemplateRole,      ///< which chat template holds, in words
    LastUsedTextRole,  ///< "now", "yesterday"; empty: never
    OriginTextRole,    ///< "found in the Hugging Face cache", "huggingface.co/owner/name"; empty: not known
    LicenceRole,
    ForeignRole,       ///< of another program: read only
    CanDeleteRole,     ///< its files are Sotto's
    CanForgetRole,     ///< it is on the list because it was opened
    CanCopyRole,       ///< it can be copied into the models folder
    SmallerBitsRole,   ///< what quantize() takes: 8, 4, or none where it would not get smaller
    UsableRole,        ///< complete and sound, as far as is known
  };

  ModelLibrary(Settings& settings, ModelRunner& runner, const ModelPlaces& places, QObject* parent = nullptr);
  /// Ends what is under way; what was deleted and not undone goes now. May wait for the disk.
  ~ModelLibrary() override;

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QHash<int, QByteArray> roleNames() const override;

  LibraryJobs* jobs() { return &jobs_; }
  bool scanning() const { return scanning_; }
  int unusableCount() const;  ///< other programs' models that Sotto cannot run
  bool moving() const { return moving_; }  ///< the models folder is on its way; nothing is to be put into it
  QString modelsDir() const { return places_.modelsDir; }
  QString problem() const { return problem_; }      ///< what went wrong with the last verb, in a sentence; empty: nothing
  QString undoTitle() const { return undo_.title; }  ///< of the model deleted last, while that can be undone; empty: none

  /// A model that was chosen to be imported, while the person decides how: name, path, looking (bool), usable (bool),
  /// problem, detail, sizeText, and eightText and fourText, about the size of smaller copies where they would be smaller.
  /// Empty: none.
  QVariantMap candidate() const { return candidate_; }

  /// Loads a model from a folder, or from a file in it, and remembers it once it has loaded.
  Q_INVOKABLE void add(const QUrl& location);
  /// Loads the model of a row.
  Q_INVOKABLE void use(int row);
  /// Forgets a remembered model; its files stay.
  Q_INVOKABLE void removeAt(int row);
  /// Looks at all places again.
  Q_INVOKABLE void refresh();

  /// Looks at a folder or file that was chosen to be imported; candidate() tells.
  Q_INVOKABLE void examine(const QUrl& location);
  /// What to do with the candidate: "place" (used where it lies), "copy", "8" or "4" (bits); anything else: nothing.
  Q_INVOKABLE void importCandidate(const QString& how);
  /// Copies a model into the models folder: of a row, or of a folder or file.
  Q_INVOKABLE void copyIn(int row);
  Q_INVOKABLE void importCopy(const QUrl& location);
  /// Writes a model with 8 or 4 bits a weight into the models folder, as another row: of a row, or of a folder or file.
  Q_INVOKABLE void quantize(int row, int bits);
  Q_INVOKABLE void importQuantized(const QUrl& location, int bits);
  /// Deletes a model of the models folder; it is unloaded first. undoDelete() brings it back until dismissUndo().
  Q_INVOKABLE void deleteAt(int row);
  Q_INVOKABLE void undoDelete();
  Q_INVOKABLE void dismissUndo();
  /// Shows a model's files in the system's file manager.
  Q_INVOKABLE void showInFolder(int row);
  /// Moves the models folder into this folder (where it is not empty: into a new one in it).
  Q_INVOKABLE void moveModels(const QUrl& folder);
  Q_INVOKABLE void dismissProblem();

  /// Why the models folder cannot be moved now (a download goes there), in a sentence; empty: it can. None by default.
  void setFolderGuard(std::function<QString()> whyNot) { whyNotMove_ = std::move(whyNot); }

 signals:
  void scanningChanged();
  void unusableCountChanged();
  void movingChanged();
  void modelsDirChanged();
  void problemChanged();
  void undoTitleChanged();
  void candidateChanged();
  /// A scan has ended and every model was looked at.
  void scanned();

 private:
  struct Row {
    FoundModel found;
    ModelSummary summary;
    QString checkedSign;  // the files' sign when they were looked at; empty: not yet
    bool isDemo() const { return found.origin == ModelOrigin::Demo; }
    bool checked() const { return !checkedSign.isEmpty(); }
    bool usable() const { return checked() && summary.problem.isEmpty(); }
  };
  struct Deleted {
    QString title, path, trashed;
  };

  void scan();
  void scanEnded(const QList<FoundModel>& found);
  void lookAtNext();
  void arrange(QList<FoundModel> found);
  bool before(const FoundModel& a, const FoundModel& b) const;
  int rowOf(const QString& path) const;
  bool isActive(const Row& row) const;
  void modelLoaded();
  void usesChanged();
  QString lastUsedText(const Row& row) const;
  static QString originText(ModelOrigin origin);
  bool isSettled();
  void setMoving(bool moving);
  void startCopy(const QString& path, const QString& title);
  void startQuantize(const QString& path, const QString& title, int bits);
  void letGo(const FoundModel& model);
  void setProblem(const QString& sentence);
  void setUndo(const Deleted& deleted);
  void removeForGood(const QString& trashed);

  Settings& settings_;
  ModelRunner& runner_;
  ModelPlaces places_;
  QList<Row> rows_;
  QString problem_;
  QVariantMap candidate_;
  Deleted undo_;
  bool scanning_ = false;
  bool scanAgain_ = false;
  bool moving_ = false;
  int unusable_ = 0;
  std::function<QString()> whyNotMove_;
  std::shared_ptr<std::atomic<bool>> stopped_ = std::make_shared<std::atomic<bool>>(false);
  QThreadPool files_;  // one thread: scans, headers, renames
  LibraryJobs jobs_;
};

}  // namespace app
