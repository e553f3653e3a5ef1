#include "app/remote/remote_models.h"

#include <QJsonArray>
#include <QUuid>
#include <algorithm>

#include "app/network/http_rules.h"

namespace app {

namespace {

/// A key belongs to a model and to the origin that it was entered for.
QString keyName(const RemoteModel& model) {
  return QStringLiteral("key for %1 of model %2").arg(originOf(model.base).toString(), model.id);
}

}  // namespace

RemoteModels::RemoteModels(Settings& settings, std::function<QString()> blocked, KeychainEntry::Keeper keeper,
                           QObject* parent)
    : QAbstractListModel(parent), settings_(settings), blocked_(std::move(blocked)), keeper_(keeper), test_(network_) {
  for (const QJsonValue& value : settings_.remoteModels()) {
    const auto model = remoteModelFrom(value.toObject());
    if (model && rowOf(model->id) < 0) append(*model);
  }
  connect(&settings_, &Settings::offlineChanged, this, &RemoteModels::endIfBlocked);
}

RemoteModels::~RemoteModels() {
  // What is under way uses the network object, a member.
  for (CompletionStream* stream : findChildren<CompletionStream*>(Qt::FindDirectChildrenOnly)) delete stream;
}

void RemoteModels::append(const RemoteModel& model) {
  auto key = std::make_unique<KeychainEntry>(keeper_);
  connect(key.get(), &KeychainEntry::changed, this, [this, id = model.id] { rowChanged(id); });
  connect(key.get(), &KeychainEntry::busyChanged, this, [this, id = model.id] { rowChanged(id); });
  models_.push_back({model, std::move(key), {}});
  models_.back().key->setName(keyName(model));
}

int RemoteModels::rowOf(const QString& id) const {
  const auto found = std::ranges::find_if(models_, [&](const Kept& kept) { return kept.model.id == id; });
  return found == models_.end() ? -1 : static_cast<int>(found - models_.begin());
}

const RemoteModel* RemoteModels::find(const QString& location) const {
  const QString id = remoteIdOf(location);
  const int row = id.isEmpty() ? -1 : rowOf(id);
  return row < 0 ? nullptr : &models_[static_cast<std::size_t>(row)].model;
}

// Verbs

bool RemoteModels::read(const QString& address, const QString& model, const QString& title, int contextLength,
                        bool plainHttp, RemoteModel& into) {
  QString problem;
  into.base = readRemoteAddress(address, problem);
  into.model = model.trimmed();
  into.title = title.trimmed().isEmpty() ? into.model : title.trimmed();
  into.contextLength = contextLength;
  into.plainHttp = plainHttp && app::needsPlainHttp(into.base);
  setProblem(problem.isEmpty() ? remoteModelProblem(into) : problem);
  return problem_.isEmpty();
}

QString RemoteModels::add(const QString& address, const QString& model, const QString& title, int contextLength,
                          bool plainHttp) {
  RemoteModel added;
  if (!read(address, model, title, contextLength, plainHttp, added)) return {};
  if (count() >= kMost) {
    setProblem(tr("There are %1 models on other machines already: remove one first.").arg(kMost));
    return {};
  }
  added.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
  beginInsertRows({}, count(), count());
  append(added);
  endInsertRows();
  store();
  emit countChanged();
  return added.id;
}

bool RemoteModels::change(const QString& id, const QString& address, const QString& model, const QString& title,
                          int contextLength, bool plainHttp) {
  const int row = rowOf(id);
  RemoteModel changed;
  if (row < 0 || !read(address, model, title, contextLength, plainHttp, changed)) return false;
  changed.id = id;
  Kept& kept = models_[static_cast<std::size_t>(row)];
  if (keyName(changed) != kept.key->name()) {
    kept.key->remove();
    kept.key->setName(keyName(changed));
  }
  kept.model = changed;
  kept.unknownFields.clear();
  store();
  rowChanged(id);
  emit modelChanged(changed.location());
  return true;
}

void RemoteModels::remove(const QString& id) {
  const int row = rowOf(id);
  if (row < 0) return;
  const QString location = models_[static_cast<std::size_t>(row)].model.location();
  beginRemoveRows({}, row, row);
  retire(std::move(models_[static_cast<std::size_t>(row)].key));
  models_.erase(models_.begin() + row);
  endRemoveRows();
  store();
  emit countChanged();
  emit modelRemoved(location);
}

/// Has the keychain forget a key; its entry goes when that was answered.
void RemoteModels::retire(std::unique_ptr<KeychainEntry> key) {
  key->disconnect(this);
  key->remove();
  if (!key->busy()) return;
  KeychainEntry* last = key.release();
  last->setParent(this);
  connect(last, &KeychainEntry::busyChanged, last, &QObject::deleteLater);
}

QString RemoteModels::addressProblem(const QString& address) const {
  QString problem;
  readRemoteAddress(address, problem);
  return problem;
}

bool RemoteModels::needsPlainHttp(const QString& address) const {
  QString problem;
  return app::needsPlainHttp(readRemoteAddress(address, problem));
}

void RemoteModels::store() {
  QJsonArray all;
  for (const Kept& kept : models_) all.append(toJson(kept.model));
  settings_.setRemoteModels(all);
}

void RemoteModels::setProblem(const QString& sentence) {
  if (sentence == problem_) return;
  problem_ = sentence;
  emit problemChanged();
}

// Keys

bool RemoteModels::setKey(const QString& id, const QString& text) {
  const int row = rowOf(id);
  const QByteArray key = text.trimmed().toUtf8();
  const bool good = row >= 0 && KeychainEntry::isSecret(key);
  setProblem(good ? QString()
                  : tr("That is no key: one is a single word of letters, digits and signs, without spaces."));
  if (good) models_[static_cast<std::size_t>(row)].key->set(key);
  return good;
}

void RemoteModels::removeKey(const QString& id) {
  const int row = rowOf(id);
  if (row >= 0) models_[static_cast<std::size_t>(row)].key->remove();
}

void RemoteModels::keyFor(const QString& id, QObject* context, const std::function<void(const QByteArray& key)>& take) {
  const int row = rowOf(id);
  if (row < 0) return;
  KeychainEntry* entry = models_[static_cast<std::size_t>(row)].key.get();
  if (!entry->busy()) return take(entry->secret());
  connect(
      entry, &KeychainEntry::busyChanged, context, [entry, take] { take(entry->secret()); }, Qt::SingleShotConnection);
}

// Asking

void RemoteModels::testAddress(const QString& address, const QString& key, bool plainHttp, const QString& id) {
  QString problem;
  const QUrl base = readRemoteAddress(address, problem);
  const QByteArray typed = key.trimmed().toUtf8();
  if (problem.isEmpty()) problem = blocked_();
  if (problem.isEmpty() && !typed.isEmpty() && !KeychainEntry::isSecret(typed))
    problem = tr("That is no key: one is a single word of letters, digits and signs, without spaces.");
  if (problem.isEmpty() && app::needsPlainHttp(base) && !plainHttp)
    problem =
        tr("%1 is another machine and the address is not encrypted: use https, or accept that others on the way can "
           "read the text and the key.")
            .arg(base.authority());
  const int row = rowOf(id);
  const bool sameOrigin = row >= 0 && originOf(models_[static_cast<std::size_t>(row)].model.base) == originOf(base);
  const KeychainEntry* stored =
      typed.isEmpty() && sameOrigin ? models_[static_cast<std::size_t>(row)].key.get() : nullptr;
  if (problem.isEmpty() && stored && stored->busy())
    problem = tr("The keychain has not given the key yet: test again in a moment.");
  if (!problem.isEmpty()) return test_.refuse(problem);
  test_.start(base, stored ? stored->secret() : typed, plainHttp);
}

CompletionStream* RemoteModels::ask(const QString& location, const CompletionQuestion& question) {
  const RemoteModel* found = find(location);
  const RemoteModel model = found ? *found : RemoteModel();
  auto* stream = new CompletionStream(network_, model, question, this);
  if (const QString why = blocked_(); !why.isEmpty()) {
    stream->fail(why);
  } else if (!found) {
    stream->fail(tr("This model was removed from the list: choose another one."));
  } else {
    begin(stream, model);
  }
  return stream;
}

void RemoteModels::begin(CompletionStream* stream, const RemoteModel& model) {
  connect(this, &RemoteModels::modelRemoved, stream, [stream, location = model.location()](const QString& removed) {
    if (removed == location) stream->fail(tr("The model was removed before it had answered."));
  });
  connect(stream, &CompletionStream::finished, this, [this, stream, id = model.id] {
    if (const int row = rowOf(id); row >= 0)
      models_[static_cast<std::size_t>(row)].unknownFields = stream->unknownFields();
  });
  keyFor(model.id, stream, [this, stream, model](const QByteArray& key) {
    const int row = rowOf(model.id);
    if (row < 0) return;
    const Kept& kept = models_[static_cast<std::size_t>(row)];
    if (kept.key->name() != keyName(model)) {
      // The address was changed while the keychain was asked: the key is another origin's.
      stream->fail(tr("The address was changed before the model was asked: send the message again."));
    } else {
      stream->start(key, kept.unknownFields);
    }
  });
}

/// Ends what is under way where nothing may be asked any more.
void RemoteModels::endIfBlocked() {
  const QString why = blocked_();
  if (why.isEmpty()) return;
  for (CompletionStream* stream : findChildren<CompletionStream*>(Qt::FindDirectChildrenOnly)) stream->fail(why);
  if (test_.isRunning()) test_.refuse(why);
}

// Rows

int RemoteModels::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : count();
}

QVariant RemoteModels::data(const QModelIndex& index, int role) const {
  if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
  const Kept& kept = models_[static_cast<std::size_t>(index.row())];
  const RemoteModel& model = kept.model;
  switch (role) {
    case RemoteIdRole:
      return model.id;
    case LocationRole:
      return model.location();
    case Qt::DisplayRole:
    case TitleRole:
      return model.title;
    case HostRole:
      return model.host();
    case AddressRole:
      return model.base.toString();
    case ModelRole:
      return model.model;
    case ContextLengthRole:
      return model.contextLength;
    case HasKeyRole:
      return !kept.key->secret().isEmpty();
    case KeyTextRole:
      return keyText(*kept.key);
    case KeyBusyRole:
      return kept.key->busy();
    case EncryptedRole:
      return model.isEncrypted();
    case ThisMachineRole:
      return model.isThisMachine();
    case PlainHttpRole:
      return model.plainHttp;
    default:
      return {};
  }
}

QString RemoteModels::keyText(const KeychainEntry& key) const {
  if (!key.problem().isEmpty())
    return tr("The key is forgotten here, but the keychain still has it: %1.").arg(key.problem());
  if (key.secret().isEmpty()) return {};
  if (key.isKept()) return tr("The key is kept in the system's keychain.");
  return key.busy() ? tr("The key is being put into the system's keychain.")
                    : tr("The key is kept until Sotto is closed, because no keychain of the system answers.");
}

QHash<int, QByteArray> RemoteModels::roleNames() const {
  return {{RemoteIdRole, "remoteId"},
          {LocationRole, "location"},
          {TitleRole, "title"},
          {HostRole, "host"},
          {AddressRole, "address"},
          {ModelRole, "model"},
          {ContextLengthRole, "contextLength"},
          {HasKeyRole, "hasKey"},
          {KeyTextRole, "keyText"},
          {KeyBusyRole, "keyBusy"},
          {EncryptedRole, "encrypted"},
          {ThisMachineRole, "thisMachine"},
          {PlainHttpRole, "plainHttp"}};
}

void RemoteModels::rowChanged(const QString& id) {
  const int row = rowOf(id);
  if (row >= 0) emit dataChanged(index(row), index(row));
}

}  // namespace app
