#include <algorithm>

#include "app/chat/chat_view_model.h"
#include "app/chat/model_runner.h"
#include "app/chat/prompt_view_model.h"
#include "app/chat/reply.h"
#include "app/chat/reply_recorder.h"
#include "app/chat/sampling_view_model.h"
#include "app/chat/title.h"
#include "app/history/history.h"

// The other half of ChatViewModel: turns and replies.

namespace app {

namespace {

// Ids of rows that are shown before they are stored.
constexpr qint64 kUnstoredUser = -1;
constexpr qint64 kUnstoredReply = -2;

RowStatus rowStatusOf(Reply::State state) {
  switch (state) {
    case Reply::State::Waiting:
    case Reply::State::Reading:
      return RowStatus::Waiting;
    case Reply::State::Writing:
      return RowStatus::Streaming;
    case Reply::State::Finished:
      return RowStatus::Complete;
    case Reply::State::Cancelled:
      return RowStatus::Cancelled;
    case Reply::State::Failed:
      return RowStatus::Failed;
  }
  return RowStatus::Complete;
}

MessageStatus messageStatusOf(Reply::State state) {
  switch (state) {
    case Reply::State::Finished:
      return MessageStatus::Complete;
    case Reply::State::Cancelled:
      return MessageStatus::Cancelled;
    case Reply::State::Failed:
      return MessageStatus::Failed;
    default:
      return MessageStatus::Streaming;
  }
}

}  // namespace

bool ChatViewModel::busy() const {
  return asking_ || reply_;
}

bool ChatViewModel::canSend() const {
  return !busy() && !draft_.trimmed().isEmpty();
}

double ChatViewModel::tokensPerSecond() const {
  return reply_ ? reply_->tokensPerSecond() : lastTokensPerSecond_;
}

QString ChatViewModel::replyPhase() const {
  if (!busy()) return {};
  if (!reply_ || reply_->state() == Reply::State::Waiting) return QStringLiteral("waiting");
  return reply_->state() == Reply::State::Reading ? QStringLiteral("reading") : QStringLiteral("writing");
}

bool ChatViewModel::modelIsThere() {
  const ModelRunner::State state = runner_.state();
  if (state == ModelRunner::State::Ready || state == ModelRunner::State::Loading || state == ModelRunner::State::Resting) return true;
  setError(tr("No model is loaded, so nobody can answer."),
           tr("Choose a model, or load the demo model, and send again."));
  return false;
}

// Asking

void ChatViewModel::send() {
  if (!canSend() || !modelIsThere()) return;
  const int last = messages_.count() - 1;
  Asking asking;
  asking.kind = Asking::Kind::Send;
  asking.messageId = last >= 0 ? messages_.messageAt(last).id : 0;
  asking.text = draft_.trimmed();
  replaceDraft({});
  ask(asking);
}

void ChatViewModel::regenerate(qint64 messageId) {
  const int row = messages_.rowOf(messageId != 0 ? messageId : lastReplyId());
  if (busy() || row < 1 || messages_.messageAt(row).role != MessageRole::Assistant || !modelIsThere()) return;
  Asking asking;
  asking.kind = Asking::Kind::Regenerate;
  asking.messageId = messages_.messageAt(row - 1).id;
  ask(asking);
}

void ChatViewModel::edit(qint64 messageId, const QString& text) {
  const int row = messages_.rowOf(messageId);
  if (busy() || row < 0 || text.trimmed().isEmpty() || text == textOf(messageId)) return;
  if (messages_.messageAt(row).role == MessageRole::Assistant) {
    whenDone(
        history_.editReply(messageId, text), this,
        [this](const Message&) {
          reloadPath();
          emit conversationsChanged();
        },
        [this](const HistoryError& error) { fail(tr("The edited reply could not be stored."), error); });
    return;
  }
  if (!modelIsThere()) return;
  Asking asking;
  asking.kind = Asking::Kind::Edit;
  asking.messageId = messageId;
  asking.text = text.trimmed();
  ask(asking);
}

void ChatViewModel::ask(const Asking& asked) {
  Asking asking = asked;
  asking.conversationId = conversationId_;
  asking.view = view_;
  asking.prompt = prompt_.choice();
  asking.goesTo = runner_.textGoesTo();
  dismissError();
  showAsked(asking);
  asking_ = true;
  stopAsked_ = false;
  stateChanged();
  if (conversationId_ != 0) return storeTurn(asking);

  asking.promptJson = prompt_.chatJson();
  keepNewChatDraft({});
  if (!titleGiven_) {
    title_ = titleFrom(asking.text);
    emit titleChanged();
  }
  whenDone(
      history_.createConversation(title_, runner_.modelPath(), runner_.modelName()), this,
      [this, asking](const Conversation& conversation) mutable {
        asking.conversationId = conversation.id;
        if (!asking.promptJson.isEmpty()) {
          whenDone(
              history_.setConversationPrompt(conversation.id, asking.promptJson), this, [] {},
              [this](const HistoryError& error) { fail(tr("The chat's prompt could not be stored."), error); });
        }
        if (asking.view == view_) {
          conversationId_ = conversation.id;
          prompt_.chatStored(conversation.id, asking.promptJson);
          emit conversationIdChanged();
          if (!draft_.isEmpty()) draftTimer_.start();  // typed meanwhile; from now on it belongs here
          keepNewChatDraft({});
        }
        storeTurn(asking);
      },
      [this, asking](const HistoryError& error) { turnNotStored(asking, error); });
}

/// Shows what was asked for at once, before it is stored.
void ChatViewModel::showAsked(const Asking& asking) {
  const bool isNewText = asking.kind != Asking::Kind::Regenerate;
  if (asking.kind != Asking::Kind::Send) messages_.truncate(messages_.rowOf(asking.messageId) + (isNewText ? 0 : 1));
  if (isNewText) {
    Message user;
    user.id = kUnstoredUser;
    user.role = MessageRole::User;
    user.text = asking.text;
    messages_.append(user, RowStatus::Complete);
  }
  Message reply;
  reply.id = kUnstoredReply;
  reply.role = MessageRole::Assistant;
  reply.modelName = runner_.modelName();
  messages_.append(reply, RowStatus::Waiting);
}

void ChatViewModel::storeTurn(const Asking& asking) {
  const QString model = runner_.modelName();
  const QFuture<Turn> turn = asking.kind == Asking::Kind::Send
                                 ? history_.appendTurn(asking.conversationId, asking.messageId, asking.text, model)
                             : asking.kind == Asking::Kind::Edit
                                 ? history_.editUserMessage(asking.messageId, asking.text, model)
                                 : history_.appendReply(asking.messageId, model);
  whenDone(
      turn, this, [this, asking](const Turn& stored) { turnStored(asking, stored); },
      [this, asking](const HistoryError& error) { turnNotStored(asking, error); });
}

void ChatViewModel::turnStored(const Asking& asking, const Turn& turn) {
  Reply* reply = startReply(turn, asking.prompt, asking.goesTo, {});
  if (asking.view == view_) {
    const Message& user = turn.messages.last();
    const int row = messages_.rowOf(kUnstoredReply);
    if (messages_.messageAt(row - 1).id == kUnstoredUser) {
      messages_.identify(row - 1, user.id, user.siblingIndex, user.siblingCount);
    }
    messages_.identify(row, turn.replyId, turn.replySiblingIndex, turn.replySiblingCount);
    asking_ = false;
    follow(reply);
    if (stopAsked_) reply->stop();
    countContext();
  } else if (turn.conversationId == conversationId_) {
    reply_ = reply;  // opened again before this was stored
    reloadPath();
  }
  emit conversationsChanged();
}

void ChatViewModel::turnNotStored(const Asking& asking, const HistoryError& error) {
  // What the person wrote is not lost: it is the draft again.
  if (asking.view != view_) {
    if (asking.text.isEmpty()) return;
    if (asking.conversationId != 0) history_.setDraft(asking.conversationId, asking.text);
    if (asking.conversationId == 0) keepNewChatDraft(asking.text);
  } else {
    asking_ = false;
    const int row = messages_.rowOf(kUnstoredReply);
    if (asking.kind == Asking::Kind::Send) {
      messages_.truncate(row - 1);
    } else {
      reloadPath();
    }
    if (!asking.text.isEmpty()) setDraft(draft_.isEmpty() ? asking.text : asking.text + QLatin1Char('\n') + draft_);
    stateChanged();
  }
  fail(tr("The message could not be stored, so it was not sent."), error);
}

// Replies

Reply* ChatViewModel::startReply(const Turn& turn, const PromptChoice& prompt, const QString& goesTo,
                                 const Message& continued) {
  if (thawTimer_.isActive() && turn.conversationId == conversationId_) {
    thawTimer_.stop();
    runner_.thaw(turn.conversationId);
  }
  Reply* reply = runner_.generate(turn, sampling_.choice(), prompt, continued, goesTo);
  auto* recorder = new ReplyRecorder(history_, *reply, continued);
  running_.insert(turn.conversationId, {reply, recorder});
  if (!runner_.modelPath().isEmpty()) {
    history_.setConversationModel(turn.conversationId, runner_.modelPath(), runner_.modelName());
  }
  connect(recorder, &ReplyRecorder::failed, this, [this](const QString& sentence) {
    setError(tr("The reply could not be stored. It is shown, but may be lost when Sotto ends."), sentence);
  });
  connect(recorder, &ReplyRecorder::stored, this, [this, reply] {
    emit conversationsChanged();
    reply->deleteLater();
  });
  connect(reply, &Reply::textAdded, this, [this, reply](const QString& piece) { showPiece(reply, piece); });
  connect(reply, &Reply::stateChanged, this, [this, reply] { showState(reply); });
  connect(reply, &Reply::finished, this, [this, reply] { replyEnded(reply); });
  return reply;
}

/// Shows a running reply of the open conversation as it stands, and what comes from now on.
void ChatViewModel::follow(Reply* reply) {
  reply_ = reply;
  const int row = messages_.rowOf(reply->messageId());
  if (row >= 0) {
    Message message = messages_.messageAt(row);
    message.text = reply->text();
    message.status = messageStatusOf(reply->state());
    messages_.setMessage(row, message, rowStatusOf(reply->state()));
  }
  stateChanged();
}

void ChatViewModel::showPiece(Reply* reply, const QString& piece) {
  if (reply != reply_) return;
  const int row = messages_.rowOf(reply->messageId());
  if (row >= 0) {
    messages_.appendText(row, piece);
    messages_.setProgress(row, reply->allTokens(), reply->tokensPerSecond());
  }
  if (contextBase_ >= 0) setContextUsed(contextBase_ + reply->allTokens());
  emit tokensPerSecondChanged();
}

void ChatViewModel::showState(Reply* reply) {
  if (reply == reply_) emit replyPhaseChanged();
}

void ChatViewModel::replyEnded(Reply* reply) {
  const Running ended = running_.take(reply->conversationId());
  if (reply != reply_) return runner_.freeze(reply->conversationId());
  const int row = messages_.rowOf(reply->messageId());
  if (row >= 0) {
    const ReplyOutcome outcome = ended.recorder->outcome(messageStatusOf(reply->state()));
    Message message = messages_.messageAt(row);
    message.text = outcome.text;
    message.tokenIds = outcome.tokenIds;
    message.status = outcome.status;
    message.finishReason = outcome.finishReason;
    message.promptTokens = outcome.promptTokens;
    message.completionTokens = outcome.completionTokens;
    message.tokensPerSecond = outcome.tokensPerSecond;
    message.timeToFirstTokenMs = outcome.timeToFirstTokenMs;
    messages_.setMessage(row, message, rowStatusOf(reply->state()));
  }
  lastTokensPerSecond_ = reply->tokensPerSecond();
  reply_ = nullptr;
  if (reply->state() == Reply::State::Failed) setError(reply->error(), reply->errorDetail());
  if (!reply->notice().isEmpty() && reply->notice() != lastNotice_) setNotice(lastNotice_ = reply->notice());
  countContext();
  stateChanged();
  if (reply->state() == Reply::State::Finished && row >= 0) emit replyFinished(messages_.plainTextAt(row));
}

void ChatViewModel::stop() {
  if (reply_) {
    reply_->stop();
  } else if (asking_) {
    stopAsked_ = true;
  }
}

void ChatViewModel::continueReply(qint64 messageId) {
  const int row = messages_.rowOf(messageId);
  if (busy() || row < 1 || row != messages_.count() - 1 || !continues() || !modelIsThere()) return;
  const Message reply = messages_.messageAt(row);
  if (reply.role != MessageRole::Assistant) return;
  dismissError();
  Turn turn;
  turn.conversationId = conversationId_;
  turn.messages = messages_.path();
  turn.messages.removeLast();
  turn.userMessageId = turn.messages.last().id;
  turn.replyId = messageId;
  follow(startReply(turn, prompt_.choice(), runner_.textGoesTo(), reply));
}

/// What follows from asking_ and reply_.
void ChatViewModel::stateChanged() {
  emit busyChanged();
  emit canSendChanged();
  emit replyPhaseChanged();
  emit tokensPerSecondChanged();
}

}  // namespace app
