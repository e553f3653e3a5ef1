#include "app/chat/message_list_model.h"

#include <QQmlEngine>

namespace app {

struct MessageListModel::Row {
  Message message;
  RowStatus status = RowStatus::Complete;
  BlockListModel* blocks = nullptr;  // made when first asked for; child of the model
};

namespace {

constexpr QChar kSpace = QLatin1Char(' ');

RowStatus rowStatus(MessageStatus status) {
  switch (status) {
    case MessageStatus::Complete:
      return RowStatus::Complete;
    case MessageStatus::Streaming:
      return RowStatus::Waiting;
    case MessageStatus::Interrupted:
      return RowStatus::Interrupted;
    case MessageStatus::Cancelled:
      return RowStatus::Cancelled;
    case MessageStatus::Failed:
      return RowStatus::Failed;
  }
  return RowStatus::Complete;
}

bool isGrowing(RowStatus status) {
  return status == RowStatus::Waiting || status == RowStatus::Streaming;
}

QString statusName(RowStatus status) {
  switch (status) {
    case RowStatus::Complete:
      return QStringLiteral("complete");
    case RowStatus::Waiting:
      return QStringLiteral("waiting");
    case RowStatus::Streaming:
      return QStringLiteral("streaming");
    case RowStatus::Interrupted:
      return QStringLiteral("interrupted");
    case RowStatus::Cancelled:
      return QStringLiteral("cancelled");
    case RowStatus::Failed:
      return QStringLiteral("failed");
  }
  return {};
}

QString statusText(RowStatus status, const Message& message) {
  switch (status) {
    case RowStatus::Complete:
      return {};
    case RowStatus::Waiting:
      return MessageListModel::tr("Waiting");
    case RowStatus::Streaming:
      return MessageListModel::tr("Writing");
    case RowStatus::Interrupted:
      return MessageListModel::tr("Interrupted: Sotto ended while this was being written.");
    case RowStatus::Cancelled:
      return MessageListModel::tr("Stopped");
    case RowStatus::Failed:
      return message.finishReason.isEmpty() ? MessageListModel::tr("The reply failed.") : message.finishReason;
  }
  return {};
}

QString roleName(MessageRole role) {
  switch (role) {
    case MessageRole::System:
      return QStringLiteral("system");
    case MessageRole::User:
      return QStringLiteral("user");
    case MessageRole::Assistant:
      return QStringLiteral("assistant");
  }
  return {};
}

}  // namespace

QString shownText(const Message& message) {
  const bool extraSpace = message.role == MessageRole::Assistant && message.text.startsWith(kSpace);
  return extraSpace ? message.text.mid(1) : message.text;
}

MessageListModel::MessageListModel(QObject* parent) : QAbstractListModel(parent) {}

MessageListModel::~MessageListModel() = default;

int MessageListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : count();
}

QVariant MessageListModel::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  Row& row = *rows_[static_cast<std::size_t>(index.row())];
  const Message& message = row.message;
  switch (role) {
    case MessageIdRole:
      return message.id;
    case RoleRole:
      return roleName(message.role);
    case TextRole:
      return shownText(message);
    case Qt::DisplayRole:
    case PlainTextRole:
      return plainTextAt(index.row());
    case BlocksRole:
      return QVariant::fromValue(blocksOf(row));
    case StatusRole:
      return statusName(row.status);
    case StatusTextRole:
      return statusText(row.status, message);
    case VersionIndexRole:
      return message.siblingIndex + 1;
    case VersionCountRole:
      return message.siblingCount;
    case TokensRole:
      return message.completionTokens;
    case TokensPerSecondRole:
      return message.tokensPerSecond;
    case FirstTokenMsRole:
      return message.timeToFirstTokenMs;
    case FinishReasonRole:
      return message.finishReason;
    case ModelNameRole:
      return message.modelName;
    default:
      return {};
  }
}

QHash<int, QByteArray> MessageListModel::roleNames() const {
  return {{MessageIdRole, "messageId"},
          {RoleRole, "role"},
          {TextRole, "text"},
          {PlainTextRole, "plainText"},
          {BlocksRole, "blocks"},
          {StatusRole, "status"},
          {StatusTextRole, "statusText"},
          {VersionIndexRole, "versionIndex"},
          {VersionCountRole, "versionCount"},
          {TokensRole, "tokens"},
          {TokensPerSecondRole, "tokensPerSecond"},
          {FirstTokenMsRole, "firstTokenMs"},
          {FinishReasonRole, "finishReason"},
          {ModelNameRole, "modelName"}};
}

BlockListModel* MessageListModel::blocksOf(Row& row) const {
  if (!row.blocks) {
    row.blocks = new BlockListModel(const_cast<MessageListModel*>(this));
    QQmlEngine::setObjectOwnership(row.blocks, QQmlEngine::CppOwnership);
    row.blocks->setCodePalette(codePalette_);
    row.blocks->setText(shownText(row.message), isGrowing(row.status));
  }
  return row.blocks;
}

void MessageListModel::setPath(const QList<Message>& path) {
  int same = 0;
  while (same < count() && same < path.size() && messageAt(same).id == path[same].id) ++same;
  truncate(same);
  for (int row = 0; row < same; ++row) setMessage(row, path[row], rowStatus(path[row].status));
  if (same == path.size()) return;

  beginInsertRows({}, same, static_cast<int>(path.size()) - 1);
  for (qsizetype i = same; i < path.size(); ++i) {
    rows_.push_back(std::make_unique<Row>(Row{path[i], rowStatus(path[i].status)}));
  }
  endInsertRows();
  emit countChanged();
}

void MessageListModel::append(const Message& message, RowStatus status) {
  beginInsertRows({}, count(), count());
  rows_.push_back(std::make_unique<Row>(Row{message, status}));
  endInsertRows();
  emit countChanged();
}

void MessageListModel::truncate(int row) {
  if (row >= count()) return;
  beginRemoveRows({}, row, count() - 1);
  for (auto gone = rows_.begin() + row; gone != rows_.end(); ++gone) {
    if ((*gone)->blocks) (*gone)->blocks->deleteLater();  // delegates let go of it a little later
  }
  rows_.erase(rows_.begin() + row, rows_.end());
  endRemoveRows();
  emit countChanged();
}

void MessageListModel::identify(int row, qint64 messageId, int siblingIndex, int siblingCount) {
  Message& message = rows_[static_cast<std::size_t>(row)]->message;
  message.id = messageId;
  message.siblingIndex = siblingIndex;
  message.siblingCount = siblingCount;
  changed(row, {MessageIdRole, VersionIndexRole, VersionCountRole});
}

void MessageListModel::setMessage(int row, const Message& message, RowStatus status) {
  Row& old = *rows_[static_cast<std::size_t>(row)];
  if (old.message == message && old.status == status) return;
  const bool otherText = old.message.text != message.text;
  const bool hasEnded = isGrowing(old.status) && !isGrowing(status);
  const bool goesOn = !isGrowing(old.status) && isGrowing(status);
  old.message = message;
  old.status = status;
  if (old.blocks && (otherText || goesOn)) {
    old.blocks->setText(shownText(message), isGrowing(status));
  } else if (old.blocks && hasEnded) {
    old.blocks->finish();
  }
  changed(row, {});
}

void MessageListModel::appendText(int row, const QString& text) {
  Row& grown = *rows_[static_cast<std::size_t>(row)];
  const bool extraSpace =
      grown.message.role == MessageRole::Assistant && grown.message.text.isEmpty() && text.startsWith(kSpace);
  grown.message.text += text;
  grown.status = RowStatus::Streaming;
  if (grown.blocks) grown.blocks->append(extraSpace ? text.mid(1) : text);
  changed(row, {TextRole, PlainTextRole, StatusRole, StatusTextRole});
}

void MessageListModel::setProgress(int row, int tokens, double tokensPerSecond) {
  Message& message = rows_[static_cast<std::size_t>(row)]->message;
  message.completionTokens = tokens;
  message.tokensPerSecond = tokensPerSecond;
  changed(row, {TokensRole, TokensPerSecondRole});
}

int MessageListModel::rowOf(qint64 messageId) const {
  // Asked for the last rows most of the time.
  for (int row = count() - 1; row >= 0; --row) {
    if (messageAt(row).id == messageId) return row;
  }
  return -1;
}

const Message& MessageListModel::messageAt(int row) const {
  return rows_[static_cast<std::size_t>(row)]->message;
}

QString MessageListModel::plainTextAt(int row) const {
  const Row& asked = *rows_[static_cast<std::size_t>(row)];
  if (asked.blocks) return asked.blocks->plainText();
  return BlockListModel::plainTextOf(BlockSplitter::split(shownText(asked.message)));
}

QList<Message> MessageListModel::path() const {
  QList<Message> path;
  path.reserve(count());
  for (const auto& row : rows_) path.append(row->message);
  return path;
}

void MessageListModel::setCodePalette(const QVariantMap& palette) {
  codePalette_ = palette;
  for (const auto& row : rows_) {
    if (row->blocks) row->blocks->setCodePalette(palette);
  }
}

void MessageListModel::changed(int row, const QList<int>& roles) {
  emit dataChanged(index(row), index(row), roles);
}

}  // namespace app
