#include "app/chat/chat_view_model.h"

#include <QClipboard>
#include <QGuiApplication>
#include <algorithm>

#include "app/chat/model_runner.h"
#include "app/chat/prompt_view_model.h"
#include "app/chat/reply.h"
#include "app/chat/reply_recorder.h"
#include "app/chat/sampling_view_model.h"
#include "app/history/history.h"
#include "app/settings/settings.h"

namespace app {

namespace {

constexpr int kDraftSaveDelayMs = 500;
constexpr int kCountDelayMs = 200;
constexpr int kThawDelayMs = 300;  // a person who steps through the chats does not stop at each

}  // namespace

ChatViewModel::ChatViewModel(History& history, Settings& settings, ModelRunner& runner, SamplingViewModel& sampling,
                             PromptViewModel& prompt, QObject* parent)
    : QObject(parent),
      history_(history),
      settings_(settings),
      runner_(runner),
      sampling_(sampling),
      prompt_(prompt),
      draft_(settings.newChatDraft()),
      newChatDraft_(draft_) {
  draftTimer_.setSingleShot(true);
  draftTimer_.setInterval(kDraftSaveDelayMs);
  connect(&draftTimer_, &QTimer::timeout, this, &ChatViewModel::storeDraft);
  contextTimer_.setSingleShot(true);
  contextTimer_.setInterval(kCountDelayMs);
  connect(&contextTimer_, &QTimer::timeout, this, &ChatViewModel::countContext);
  countTimer_.setSingleShot(true);
  countTimer_.setInterval(kCountDelayMs);
  connect(&countTimer_, &QTimer::timeout, this, &ChatViewModel::countDraft);

  thawTimer_.setSingleShot(true);
  thawTimer_.setInterval(kThawDelayMs);
  connect(&thawTimer_, &QTimer::timeout, this, [this] { runner_.thaw(conversationId_); });

  connect(&runner_, &ModelRunner::stateChanged, this, &ChatViewModel::canSendChanged);
  connect(&runner_, &ModelRunner::modelChanged, this, [this] {
    runner_.thaw(conversationId_);
    emit contextLengthChanged();
    emit continuesChanged();
    emit canSendChanged();
    countTimer_.start();
    countContext();
  });
  connect(&prompt_, &PromptViewModel::choiceChanged, this, [this] { contextTimer_.start(); });
  connect(&sampling_, &SamplingViewModel::choiceChanged, this, [this] { runner_.updateSampling(sampling_.choice()); });
}

ChatViewModel::~ChatViewModel() {
  leave();
  for (const Running& running : std::as_const(running_)) running.recorder->interrupt();
}

// What is shown

void ChatViewModel::setTitle(const QString& title) {
  const QString given = title.simplified();
  if (given.isEmpty() || given == title_) return;
  title_ = given;
  titleGiven_ = true;
  emit titleChanged();
  if (conversationId_ == 0) return;
  whenDone(
      history_.renameConversation(conversationId_, given), this, [this] { emit conversationsChanged(); },
      [this](const HistoryError& error) { fail(tr("The chat could not be renamed."), error); });
}

void ChatViewModel::conversationRenamed(qint64 conversationId, const QString& title) {
  if (conversationId != conversationId_ || title == title_) return;
  title_ = title;
  emit titleChanged();
}

void ChatViewModel::newChat() {
  leave();
  ++opening_;
  ++view_;
  reply_ = nullptr;
  messages_.truncate(0);
  Conversation fresh;
  fresh.draft = newChatDraft_;
  showConversation(fresh);
  countContext();
}

void ChatViewModel::open(qint64 conversationId) {
  openAt(conversationId, 0);
}

void ChatViewModel::openAt(qint64 conversationId, qint64 messageId) {
  if (conversationId == 0) return newChat();
  ++opening_;
  if (conversationId == conversationId_ && messageId == 0) return;
  leave();
  load(conversationId, messageId);
}

/// Reads a conversation and shows it. The answers come in the order of the questions, so the last one tells all.
void ChatViewModel::load(qint64 conversationId, qint64 messageId) {
  const auto failed = [this](const HistoryError& error) { fail(tr("The chat could not be opened."), error); };
  const auto conversation = history_.conversation(conversationId);
  whenDone(
      history_.currentPath(conversationId), this,
      [this, opening = opening_, conversation, messageId, failed](const QList<Message>& path) {
        if (opening != opening_) return;
        const auto isAsked = [messageId](const Message& message) { return message.id == messageId; };
        if (messageId == 0 || std::any_of(path.begin(), path.end(), isAsked)) {
          return showPath(conversation.result(), path, messageId);
        }
        // The message is on another branch: that one is shown from now on.
        whenDone(
            history_.selectSibling(messageId), this,
            [this, opening, conversation, messageId, failed](qint64 leaf) {
              whenDone(
                  history_.path(leaf), this,
                  [this, opening, conversation, messageId](const QList<Message>& other) {
                    if (opening == opening_) showPath(conversation.result(), other, messageId);
                  },
                  failed);
            },
            failed);
      },
      failed);
}

void ChatViewModel::showPath(const Conversation& conversation, const QList<Message>& path, qint64 messageId) {
  ++view_;
  reply_ = nullptr;
  messages_.setPath(path);
  showConversation(conversation);

  const auto running = running_.constFind(conversation.id);
  if (running != running_.constEnd()) follow(running->reply);
  countContext();
  const int row = messageId == 0 ? -1 : messages_.rowOf(messageId);
  if (row >= 0) emit scrollTo(row);
}

void ChatViewModel::showConversation(const Conversation& conversation) {
  conversationId_ = conversation.id;
  prompt_.openChat(conversation.id, conversation.promptJson);
  title_ = conversation.title;
  titleGiven_ = false;
  asking_ = false;
  stopAsked_ = false;
  const int last = messages_.count() - 1;
  lastTokensPerSecond_ = last >= 0 ? messages_.messageAt(last).tokensPerSecond : 0;
  replaceDraft(conversation.draft);
  thawTimer_.start();
  dismissError();
  dismissNotice();
  emit conversationIdChanged();
  emit titleChanged();
  stateChanged();
}

/// Shows the stored path of the open conversation again.
void ChatViewModel::reloadPath() {
  if (conversationId_ == 0) return messages_.truncate(0);
  whenDone(
      history_.currentPath(conversationId_), this,
      [this, view = view_](const QList<Message>& path) {
        if (view != view_ || asking_) return;
        messages_.setPath(path);
        if (reply_) follow(reply_);
        countContext();
        stateChanged();
      },
      [this](const HistoryError& error) { fail(tr("The chat could not be read."), error); });
}

/// The open conversation is about to be left.
void ChatViewModel::leave() {
  if (draftTimer_.isActive()) storeDraft();
  draftTimer_.stop();
  if (!running_.contains(conversationId_)) runner_.freeze(conversationId_);
}

void ChatViewModel::conversationRemoved(qint64 conversationId) {
  const auto running = running_.constFind(conversationId);
  if (running != running_.constEnd()) running->reply->stop();
  runner_.forget(conversationId);
  if (conversationId == conversationId_) newChat();
}

// Draft

void ChatViewModel::setDraft(const QString& draft) {
  if (draft == draft_) return;
  draft_ = draft;
  emit draftChanged();
  emit canSendChanged();
  draftTimer_.start();
  countTimer_.start();
}

/// Another draft than the one that was typed on: it is stored already, or goes with what is being stored.
void ChatViewModel::replaceDraft(const QString& draft) {
  draftTimer_.stop();
  if (draft != draft_) {
    draft_ = draft;
    emit draftChanged();
    emit canSendChanged();
  }
  countTimer_.start();
}

void ChatViewModel::storeDraft() {
  if (conversationId_ == 0) {
    keepNewChatDraft(draft_);
    return;
  }
  whenDone(
      history_.setDraft(conversationId_, draft_), this, [] {},
      [this](const HistoryError& error) { fail(tr("The draft could not be stored."), error); });
}

void ChatViewModel::keepNewChatDraft(const QString& draft) {
  newChatDraft_ = draft;
  settings_.setNewChatDraft(draft);
}

void ChatViewModel::countDraft() {
  const auto show = [this, counted = draft_](int tokens) {
    if (counted != draft_) return;
    draftTokens_ = counted.isEmpty() ? 0 : std::max(0, tokens);
    emit draftTokensChanged();
  };
  whenDone(runner_.countTokens(draft_), this, show, [](const HistoryError&) {});  // carries no error
}

// Figures and errors

int ChatViewModel::contextLength() const {
  return runner_.contextLength();
}

void ChatViewModel::countContext() {
  QList<Message> path = messages_.path();
  if (reply_ && !path.isEmpty()) path.removeLast();
  prompt_.setMessages(path);
  if (runner_.isRemote()) return setContextUsed(contextBase_ = countedLast(path));
  if (path.isEmpty() || !runner_.model()) return setContextUsed(contextBase_ = 0);
  const auto show = [this, view = view_, leaf = path.last().id](int tokens) {
    const int last = messages_.count() - (reply_ ? 2 : 1);
    if (view != view_ || last < 0 || messages_.messageAt(last).id != leaf) return;
    contextBase_ = std::max(0, tokens);
    setContextUsed(contextBase_ + (reply_ ? reply_->allTokens() : 0));
  };
  whenDone(runner_.countTokens(path, prompt_.choice()), this, show, [](const HistoryError&) {});  // carries no error
}

/// What a model on another machine said of the path at its last reply; -1: nothing.
int ChatViewModel::countedLast(const QList<Message>& path) const {
  if (path.isEmpty()) return 0;
  const auto counted = std::find_if(path.rbegin(), path.rend(), [this](const Message& message) {
    return message.role == MessageRole::Assistant && message.modelName == runner_.modelName() && message.promptTokens > 0;
  });
  return counted == path.rend() ? -1 : counted->promptTokens + counted->completionTokens;
}

void ChatViewModel::setContextUsed(int tokens) {
  if (tokens == contextUsed_) return;
  contextUsed_ = tokens;
  emit contextUsedChanged();
}

void ChatViewModel::setError(const QString& error, const QString& detail) {
  error_ = error;
  errorDetail_ = detail;
  emit errorChanged();
}

void ChatViewModel::fail(const QString& error, const HistoryError& why) {
  setError(error, why.sentence());
}

void ChatViewModel::dismissError() {
  if (!error_.isEmpty()) setError({}, {});
}

bool ChatViewModel::continues() const {
  return !runner_.isRemote();
}

void ChatViewModel::setNotice(const QString& sentence) {
  if (sentence == notice_) return;
  notice_ = sentence;
  emit noticeChanged();
}

void ChatViewModel::dismissNotice() {
  setNotice({});
}

// Messages

qint64 ChatViewModel::lastReplyId() const {
  for (int row = messages_.count() - 1; row >= 0; --row) {
    if (messages_.messageAt(row).role == MessageRole::Assistant) return messages_.messageAt(row).id;
  }
  return 0;
}

qint64 ChatViewModel::lastUserId() const {
  for (int row = messages_.count() - 1; row >= 0; --row) {
    if (messages_.messageAt(row).role == MessageRole::User) return messages_.messageAt(row).id;
  }
  return 0;
}

QString ChatViewModel::textOf(qint64 messageId) const {
  const int row = messages_.rowOf(messageId);
  return row < 0 ? QString() : shownText(messages_.messageAt(row));
}

void ChatViewModel::copy(qint64 messageId, bool asMarkdown) {
  const int row = messages_.rowOf(messageId);
  if (row >= 0) QGuiApplication::clipboard()->setText(asMarkdown ? textOf(messageId) : messages_.plainTextAt(row));
}

void ChatViewModel::selectVersion(qint64 messageId, int delta) {
  const int row = messages_.rowOf(messageId);
  if (row < 0 || asking_) return;
  const auto failed = [this](const HistoryError& error) { fail(tr("The other version could not be shown."), error); };
  whenDone(
      history_.siblings(messageId), this,
      [this, view = view_, messageId, delta, failed](const QList<qint64>& versions) {
        const qsizetype wanted = versions.indexOf(messageId) + delta;
        if (view != view_ || wanted < 0 || wanted >= versions.size()) return;
        whenDone(
            history_.selectSibling(versions[wanted]), this, [this](qint64) { reloadPath(); }, failed);
      },
      failed);
}

}  // namespace app
