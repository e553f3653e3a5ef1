#include "app/chat/prompt_run_model.h"

#include <algorithm>

namespace app {

namespace {

QString nameOf(PreviewPart::Author author) {
  switch (author) {
    case PreviewPart::Author::Template:
      return QStringLiteral("template");
    case PreviewPart::Author::Person:
      return QStringLiteral("person");
    case PreviewPart::Author::Control:
      break;
  }
  return QStringLiteral("control");
}

}  // namespace

QVariant PromptRunModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const PreviewRun& run = runs_[index.row()];
  switch (role) {
    case PartsRole: {
      QVariantList parts;
      for (const PreviewPart& part : run.parts) {
        parts.append(QVariantMap{{QStringLiteral("text"), part.text}, {QStringLiteral("author"), nameOf(part.author)}});
      }
      return parts;
    }
    case Qt::DisplayRole:
    case PlainTextRole: {
      QString text;
      for (const PreviewPart& part : run.parts) text += part.text;
      return text;
    }
    case IdsRole: {
      QStringList ids;
      for (const qint32 id : run.ids) ids.append(QString::number(id));
      if (run.idCount > run.ids.size()) ids.append(QStringLiteral("…"));
      return ids.join(QLatin1Char(' '));
    }
    case IdCountRole:
      return run.idCount;
    default:
      return {};
  }
}

QHash<int, QByteArray> PromptRunModel::roleNames() const {
  return {{PartsRole, "parts"}, {PlainTextRole, "plainText"}, {IdsRole, "ids"}, {IdCountRole, "idCount"}};
}

void PromptRunModel::setRuns(const QList<PreviewRun>& runs) {
  // Most edits change the end, or one place: the head and the tail that stay keep their rows, and with them the scroll.
  const qsizetype shorter = std::min(runs_.size(), runs.size());
  qsizetype head = 0;
  while (head < shorter && runs_[head] == runs[head]) ++head;
  qsizetype tail = 0;
  while (tail < shorter - head && runs_[runs_.size() - 1 - tail] == runs[runs.size() - 1 - tail]) ++tail;
  const qsizetype removed = runs_.size() - head - tail, added = runs.size() - head - tail;
  if (removed > 0) {
    beginRemoveRows({}, static_cast<int>(head), static_cast<int>(head + removed - 1));
    runs_.remove(head, removed);
    endRemoveRows();
  }
  if (added > 0) {
    beginInsertRows({}, static_cast<int>(head), static_cast<int>(head + added - 1));
    runs_ = runs;
    endInsertRows();
  }
  if (removed != added) emit countChanged();
}

}  // namespace app
