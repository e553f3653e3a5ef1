#pragma once

#include <QJsonObject>
#include <QString>
#include <QUrl>
#include <optional>

namespace app {

/// A model that another machine runs, behind an address that speaks OpenAI's protocol. A value.
struct RemoteModel {
  QString id;              ///< of ours: random, never changes
  QString title;           ///< what the person calls it
  QUrl base;               ///< "https://host:8000/v1", as readRemoteAddress() gives it
  QString model;           ///< the server's name for it
  int contextLength = 0;   ///< tokens; 0: the server does not say
  bool plainHttp = false;  ///< the person accepted that text and key go to another machine unencrypted

  bool operator==(const RemoteModel&) const = default;

  /// "host" or "host:port", for showing: where the text goes.
  QString host() const;
  bool isEncrypted() const;
  bool isThisMachine() const;
  /// "remote:<id>": stands where a folder's path stands for a model on this machine.
  QString location() const;
};

inline constexpr qsizetype kLongestRemoteAddress = 2048;  ///< UTF-16 units
inline constexpr qsizetype kLongestRemoteName = 256;
inline constexpr int kLargestRemoteContext = 100'000'000;  ///< tokens

/// The id in "remote:<id>"; empty: `location` is none of a remote model.
QString remoteIdOf(const QString& location);
inline bool isRemoteLocation(const QString& location) {
  return !remoteIdOf(location).isEmpty();
}

/// The base address that a person means: without a scheme https (http on this machine), without a path "/v1"; a pasted
/// ".../chat/completions" or ".../models" is cut off. Only http and https, a host, no user, no password, no query, no
/// fragment. On failure the address is empty and `problem` says what is wrong.
QUrl readRemoteAddress(const QString& text, QString& problem);
/// Whether text would go to another machine unencrypted: the person is asked to accept that.
bool needsPlainHttp(const QUrl& base);

/// A person's words for a model, checked: all but `id`. The sentence says what is wrong; empty: nothing.
QString remoteModelProblem(const RemoteModel& model);

QJsonObject toJson(const RemoteModel& model);
/// Nothing where a field is missing, of another type, or breaks a rule of the above.
std::optional<RemoteModel> remoteModelFrom(const QJsonObject& json);

}  // namespace app
