#pragma once

#include <QAbstractItemModelTester>
#include <QtTest>
#include <memory>

#include "app/chat/chat_view_model.h"
#include "app/chat/prompt_view_model.h"
#include "app/chat/sampling_view_model.h"
#include "app/chat/saved_sessions.h"
#include "app/history/history.h"
#include "app/remote/remote_models.h"
#include "app/settings/settings.h"
#include "tests/app/model_fixture.h"

namespace tests {

constexpr int kPatience = 60000;  // milliseconds; a reply takes a few hundred on a machine that is not busy

/// The page with the real engine, a tiny model of random weights, and a real history in a folder of its own.
class ChatFixture : public QObject {
 protected:
  std::unique_ptr<QTemporaryDir> folder_;
  std::unique_ptr<app::Settings> settings_;
  std::unique_ptr<app::History> history_;
  std::unique_ptr<app::SavedSessions> sessions_;
  std::unique_ptr<app::RemoteModels> remotes_;
  std::unique_ptr<app::ModelRunner> runner_;
  std::unique_ptr<app::SamplingViewModel> sampling_;
  std::unique_ptr<app::PromptViewModel> prompt_;
  std::unique_ptr<app::ChatViewModel> chat_;
  std::unique_ptr<QAbstractItemModelTester> tester_;

  void start() {
    settings_ = std::make_unique<app::Settings>(folder_->filePath(QStringLiteral("settings.json")));
    history_ = std::make_unique<app::History>(folder_->filePath(QStringLiteral("history.db")));
    sessions_ = std::make_unique<app::SavedSessions>(*settings_, folder_->filePath(QStringLiteral("sessions")));
    const auto blocked = [this] { return settings_->offline() ? QStringLiteral("Sotto is offline.") : QString(); };
    remotes_ = std::make_unique<app::RemoteModels>(*settings_, blocked, app::KeychainEntry::Keeper::SessionOnly);
    runner_ = std::make_unique<app::ModelRunner>(*settings_, sessions_.get(), remotes_.get());
    sampling_ = std::make_unique<app::SamplingViewModel>(*settings_, *runner_);
    prompt_ = std::make_unique<app::PromptViewModel>(*history_, *settings_, *runner_);
    chat_ = std::make_unique<app::ChatViewModel>(*history_, *settings_, *runner_, *sampling_, *prompt_);
    tester_ = std::make_unique<QAbstractItemModelTester>(chat_->messages());
  }

  void end() {
    tester_.reset();
    chat_.reset();
    prompt_.reset();
    sampling_.reset();
    runner_.reset();
    remotes_.reset();
    sessions_.reset();
    history_.reset();
    settings_.reset();
  }

  void load() {
    runner_->load(fixtureModel("ernie4_5-chat"));
    QVERIFY(waitForLoad(*runner_));
    QVERIFY2(runner_->state() == app::ModelRunner::State::Ready, qPrintable(runner_->errorDetail()));
  }

  /// A model whose replies do not end by themselves.
  void loadLongWinded() {
    settings_->setSamplingOverride(QStringLiteral("temperature"), 0);
    runner_->load(longWindedModel(*folder_));
    QVERIFY(waitForLoad(*runner_));
    QVERIFY2(runner_->state() == app::ModelRunner::State::Ready, qPrintable(runner_->errorDetail()));
  }

  /// Replies of this many tokens; 0: until the context is full.
  void limit(int tokens) { settings_->setSamplingOverride(QStringLiteral("max_new_tokens"), tokens); }

  void send(const QString& text) {
    chat_->setDraft(text);
    QVERIFY(chat_->canSend());
    chat_->send();
  }

  void sendAndWait(const QString& text) {
    send(text);
    QTRY_VERIFY_WITH_TIMEOUT(!chat_->busy(), kPatience);
    QVERIFY2(chat_->error().isEmpty(), qPrintable(chat_->error() + chat_->errorDetail()));
  }

  QVariant at(int row, int role) const { return chat_->messages()->data(chat_->messages()->index(row, 0), role); }
  QString status(int row) const { return at(row, app::MessageListModel::StatusRole).toString(); }
  QString text(int row) const { return at(row, app::MessageListModel::TextRole).toString(); }
  qint64 id(int row) const { return at(row, app::MessageListModel::MessageIdRole).toLongLong(); }
  QString versions(int row) const {
    return QStringLiteral("%1/%2")
        .arg(at(row, app::MessageListModel::VersionIndexRole).toInt())
        .arg(at(row, app::MessageListModel::VersionCountRole).toInt());
  }
  int count() const { return chat_->messages()->count(); }
};

}  // namespace tests
