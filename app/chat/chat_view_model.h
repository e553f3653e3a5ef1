#pragma once

#include <QtQml/qqmlregistration.h>

#include <QHash>
#include <QObject>
#include <QString>
#include <QTimer>

#include "app/chat/message_list_model.h"
#include "app/chat/prompt_choice.h"
#include "app/history/history_values.h"

namespace app {

class History;
class HistoryError;
class ModelRunner;
class PromptViewModel;
class Reply;
class ReplyRecorder;
class SamplingViewModel;
class Settings;

/// The open conversation: its draft, and the verbs of the page. Rows are in `messages`. Replies run on when another
/// conversation is opened, and are shown live again when theirs is opened again. UI thread; borrows what it is
/// made with, which outlives it.
class ChatViewModel : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The chat comes from the application root.")

  Q_PROPERTY(qint64 conversationId READ conversationId NOTIFY conversationIdChanged)
  Q_PROPERTY(QString title READ title WRITE setTitle NOTIFY titleChanged)
  Q_PROPERTY(app::MessageListModel* messages READ messages CONSTANT)
  Q_PROPERTY(QString draft READ draft WRITE setDraft NOTIFY draftChanged)
  Q_PROPERTY(bool busy READ busy NOTIFY busyChanged)
  Q_PROPERTY(bool canSend READ canSend NOTIFY canSendChanged)
  Q_PROPERTY(QString error READ error NOTIFY errorChanged)
  Q_PROPERTY(QString errorDetail READ errorDetail NOTIFY errorChanged)
  Q_PROPERTY(int contextUsed READ contextUsed NOTIFY contextUsedChanged)
  Q_PROPERTY(int contextLength READ contextLength NOTIFY contextLengthChanged)
  Q_PROPERTY(int draftTokens READ draftTokens NOTIFY draftTokensChanged)
  Q_PROPERTY(double tokensPerSecond READ tokensPerSecond NOTIFY tokensPerSecondChanged)
  Q_PROPERTY(QString replyPhase READ replyPhase NOTIFY replyPhaseChanged)
  Q_PROPERTY(bool continues READ continues NOTIFY continuesChanged)
  Q_PROPERTY(QString notice READ notice NOTIFY noticeChanged)

 public:
  ChatViewModel(History& history, Settings& settings, ModelRunner& runner, SamplingViewModel& sampling,
                PromptViewModel& prompt, QObject* parent = nullptr);
  /// Stores the draft and, as interrupted, the replies that are still being written.
  ~ChatViewModel() override;

  qint64 conversationId() const { return conversationId_; }  ///< 0: a new chat that is not stored yet
  QString title() const { return title_; }
  /// Renames the conversation; of a chat that is not stored yet, the title that it will get.
  void setTitle(const QString& title);
  MessageListModel* messages() { return &messages_; }
  QString draft() const { return draft_; }
  void setDraft(const QString& draft);
  bool busy() const;  ///< a reply of this conversation is awaited or being written
  bool canSend() const;
  QString error() const { return error_; }  ///< one sentence; empty: none
  QString errorDetail() const { return errorDetail_; }
  /// Tokens of the conversation as the model would read it now; of one on another machine what it counted last, and -1
  /// before it did.
  int contextUsed() const { return contextUsed_; }
  int contextLength() const;                        ///< tokens that fit; 0: no model
  int draftTokens() const { return draftTokens_; }  ///< tokens of the draft's text; 0: empty or not counted yet
  double tokensPerSecond() const;                   ///< of the running, else the last reply
  /// "", "waiting" (for the model or its turn), "reading" (the prompt) or "writing".
  QString replyPhase() const;
  bool continues() const;  ///< the model can write a reply on that was cut short
  /// What the person should know of how a reply was made, in a sentence; empty: nothing.
  QString notice() const { return notice_; }

  /// Shows the draft as a message with a waiting reply, stores both and has the reply written.
  Q_INVOKABLE void send();
  /// Ends the reply of this conversation; its text is kept.
  Q_INVOKABLE void stop();
  /// Has another version of a reply written; 0: of the last one.
  Q_INVOKABLE void regenerate(qint64 messageId = 0);
  /// A user's message: a new version and a reply to it. A reply: a new version with this text.
  Q_INVOKABLE void edit(qint64 messageId, const QString& text);
  /// Shows the version `delta` places on.
  Q_INVOKABLE void selectVersion(qint64 messageId, int delta);
  /// Puts a message on the clipboard, as it was written or as plain text.
  Q_INVOKABLE void copy(qint64 messageId, bool asMarkdown);
  /// Has the last reply, if it is `messageId` and was cut short, written on in place.
  Q_INVOKABLE void continueReply(qint64 messageId);

  Q_INVOKABLE void newChat();
  Q_INVOKABLE void open(qint64 conversationId);
  /// Opens a conversation at a message, showing the versions that lead to it; scrollTo tells the row.
  Q_INVOKABLE void openAt(qint64 conversationId, qint64 messageId);

  Q_INVOKABLE qint64 lastReplyId() const;  ///< 0: none
  Q_INVOKABLE qint64 lastUserId() const;   ///< 0: none
  Q_INVOKABLE QString textOf(qint64 messageId) const;
  Q_INVOKABLE void dismissError();
  Q_INVOKABLE void dismissNotice();

  /// Shows an error above the message field; one sentence, and what is behind it.
  void setError(const QString& error, const QString& detail);
  /// To be told when a conversation went to the trash, or was renamed, elsewhere.
  void conversationRemoved(qint64 conversationId);
  void conversationRenamed(qint64 conversationId, const QString& title);

 signals:
  void conversationIdChanged();
  void titleChanged();
  void draftChanged();
  void busyChanged();
  void canSendChanged();
  void errorChanged();
  void contextUsedChanged();
  void contextLengthChanged();
  void draftTokensChanged();
  void tokensPerSecondChanged();
  void replyPhaseChanged();
  void continuesChanged();
  void noticeChanged();
  /// A reply of the open conversation has ended well; its text without marks, to be read aloud.
  void replyFinished(const QString& plainText);
  void scrollTo(int row);
  /// Something about the stored conversations has changed (a new one, a new message, another title).
  void conversationsChanged();

 private:
  /// A turn that is being stored: what was asked for, and in which view.
  struct Asking {
    enum class Kind { Send, Regenerate, Edit };
    Kind kind = Kind::Send;
    qint64 conversationId = 0;
    qint64 messageId = 0;  ///< Send: the message before it, 0: none; else the user's message to answer or replace
    QString text;          ///< of the user's message
    PromptChoice prompt;   ///< as it was when it was asked for
    QString goesTo;        ///< likewise, where the person was told that the text goes
    QString promptJson;    ///< of a chat that is not stored yet
    quint64 view = 0;
  };

  // chat_view_model.cpp: what is shown
  void load(qint64 conversationId, qint64 messageId);
  void showPath(const Conversation& conversation, const QList<Message>& path, qint64 messageId);
  void showConversation(const Conversation& conversation);
  void reloadPath();
  void leave();
  void storeDraft();
  void keepNewChatDraft(const QString& draft);
  void replaceDraft(const QString& draft);
  void countDraft();
  void countContext();
  void setContextUsed(int tokens);
  int countedLast(const QList<Message>& path) const;
  void setNotice(const QString& sentence);
  void fail(const QString& error, const HistoryError& why);

  // chat_view_model_turns.cpp: what is asked and answered
  bool modelIsThere();
  void ask(const Asking& asking);
  void showAsked(const Asking& asking);
  void storeTurn(const Asking& asking);
  void turnStored(const Asking& asking, const Turn& turn);
  void turnNotStored(const Asking& asking, const HistoryError& error);
  Reply* startReply(const Turn& turn, const PromptChoice& prompt, const QString& goesTo, const Message& continued);
  void follow(Reply* reply);
  void showPiece(Reply* reply, const QString& piece);
  void showState(Reply* reply);
  void replyEnded(Reply* reply);
  void stateChanged();

  History& history_;
  Settings& settings_;
  ModelRunner& runner_;
  SamplingViewModel& sampling_;
  PromptViewModel& prompt_;
  MessageListModel messages_;

  qint64 conversationId_ = 0;
  quint64 view_ = 0;     // counts what was shown, so that an answer for an earlier view is recognised
  quint64 opening_ = 0;  // counts what was asked to be shown, likewise
  QString title_;
  bool titleGiven_ = false;  // by the person, before the chat was stored
  QString draft_;
  QString newChatDraft_;
  QString error_;
  QString errorDetail_;
  QString notice_;
  QString lastNotice_;  // said once is enough
  int contextUsed_ = 0;
  int contextBase_ = 0;  // without the reply that runs
  int draftTokens_ = 0;
  double lastTokensPerSecond_ = 0;
  bool asking_ = false;     // a turn of the open conversation is being stored
  bool stopAsked_ = false;  // ... and its reply is not wanted any more
  Reply* reply_ = nullptr;  // of the open conversation, while it runs
  struct Running {
    Reply* reply = nullptr;
    ReplyRecorder* recorder = nullptr;
  };
  QHash<qint64, Running> running_;  // by conversation
  QTimer draftTimer_;
  QTimer countTimer_;
  QTimer contextTimer_;
  QTimer thawTimer_;
};

}  // namespace app
