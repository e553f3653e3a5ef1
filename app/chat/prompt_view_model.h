#pragma once

#include <QtQml/qqmlregistration.h>

#include <QList>
#include <QObject>
#include <QString>
#include <QTimer>
#include <QVariantList>
#include <optional>

#include "app/chat/prompt_choice.h"
#include "app/chat/prompt_preview.h"
#include "app/chat/prompt_run_model.h"
#include "app/history/history_values.h"

namespace app {

class History;
class ModelRunner;
class Settings;

/// The prompt panel: system prompt and chat template, for the open chat or for all chats with the loaded model, and
/// what the model would be given. What is edited holds at once for the next reply; it is stored, checked and previewed
/// a moment later, off this thread. UI thread; borrows what it is made with, which outlives it.
class PromptViewModel : public QObject {
  Q_OBJECT
  QML_ELEMENT
  QML_UNCREATABLE("The prompt comes from the application root.")

  Q_PROPERTY(Scope scope READ scope WRITE setScope NOTIFY scopeChanged)
  Q_PROPERTY(bool active READ active WRITE setActive NOTIFY activeChanged)
  Q_PROPERTY(bool available READ available NOTIFY changed)
  Q_PROPERTY(bool madeElsewhere READ madeElsewhere NOTIFY changed)
  Q_PROPERTY(QString modelName READ modelName NOTIFY changed)
  Q_PROPERTY(QString systemPrompt READ systemPrompt WRITE setSystemPrompt NOTIFY changed)
  Q_PROPERTY(bool systemPromptModified READ systemPromptModified NOTIFY changed)
  Q_PROPERTY(QString templateText READ templateText WRITE setTemplateText NOTIFY changed)
  Q_PROPERTY(bool templateModified READ templateModified NOTIFY changed)
  Q_PROPERTY(bool templateBuiltIn READ templateBuiltIn NOTIFY changed)
  Q_PROPERTY(QString templateName READ templateName NOTIFY changed)
  Q_PROPERTY(QString templateProblem READ templateProblem NOTIFY changed)
  Q_PROPERTY(bool chatDiffers READ chatDiffers NOTIFY changed)
  Q_PROPERTY(QString foreignModel READ foreignModel NOTIFY changed)
  Q_PROPERTY(QStringList builtInNames READ builtInNames CONSTANT)
  Q_PROPERTY(QString error READ error NOTIFY previewChanged)
  Q_PROPERTY(int errorLine READ errorLine NOTIFY previewChanged)
  Q_PROPERTY(bool templateBroken READ templateBroken NOTIFY previewChanged)
  Q_PROPERTY(QVariantList findings READ findings NOTIFY previewChanged)
  Q_PROPERTY(app::PromptRunModel* runs READ runs CONSTANT)
  Q_PROPERTY(int tokenCount READ tokenCount NOTIFY previewChanged)
  Q_PROPERTY(double characterCount READ characterCount NOTIFY previewChanged)
  Q_PROPERTY(bool cut READ cut NOTIFY previewChanged)
  Q_PROPERTY(int omitted READ omitted NOTIFY previewChanged)
  Q_PROPERTY(bool sample READ sample NOTIFY previewChanged)
  Q_PROPERTY(QString storeError READ storeError NOTIFY storeErrorChanged)

 public:
  enum class Scope { Chat, Model };
  Q_ENUM(Scope)

  PromptViewModel(History& history, Settings& settings, ModelRunner& runner, QObject* parent = nullptr);
  /// Stores what is not stored yet.
  ~PromptViewModel() override;

  Scope scope() const { return scope_; }  ///< what is shown and edited
  void setScope(Scope scope);
  /// Whether somebody looks: only then previews are made.
  bool active() const { return active_; }
  void setActive(bool active);
  bool available() const;  ///< there is a model
  /// It is on another machine, whose server makes the prompt: there is no template to see or to edit.
  bool madeElsewhere() const;
  QString modelName() const;

  QString systemPrompt() const;
  void setSystemPrompt(const QString& text);
  bool systemPromptModified() const;  ///< there is one of this scope's own
  QString templateText() const;
  void setTemplateText(const QString& text);
  bool templateModified() const;    ///< there is one of this scope's own
  bool templateBuiltIn() const;     ///< the model brings none that works, so that ours is the one behind the edits
  QString templateName() const;     ///< of the one behind the edits, for people
  QString templateProblem() const;  ///< why the model's own is not used; empty: it is
  bool chatDiffers() const;         ///< the open chat has something of its own, whatever the scope that is shown
  QString foreignModel() const;     ///< for which the open chat has a template that is not used now; empty: none
  QStringList builtInNames() const;

  QString error() const { return preview_.fault; }
  int errorLine() const { return preview_.faultLine; }
  bool templateBroken() const { return preview_.templateIsBroken; }
  QVariantList findings() const;  ///< {kind, subject, title, sentence, line, detail}, in the person's language
  PromptRunModel* runs() { return &runs_; }
  int tokenCount() const { return static_cast<int>(preview_.tokens); }
  double characterCount() const { return static_cast<double>(preview_.characters); }
  bool cut() const { return preview_.isCut(); }
  int omitted() const { return preview_.omitted; }
  bool sample() const { return messages_.isEmpty(); }  ///< the chat is empty; the preview shows an example
  QString storeError() const { return storeError_; }

  /// Back to what holds without this scope's own template: the model's, or of a chat what all chats with the model
  /// have.
  Q_INVOKABLE void resetTemplate();
  Q_INVOKABLE void resetSystemPrompt();
  /// Puts a built-in template into the editor.
  Q_INVOKABLE void useBuiltIn(const QString& name);

  /// What the open chat has of its own.
  PromptChoice choice() const { return chat_; }
  /// The open chat's own as it is stored; empty: nothing.
  QString chatJson() const;

  // To be told by the chat.
  /// Another chat is open; 0: a new one.
  void openChat(qint64 conversationId, const QString& promptJson);
  /// The new chat that is open was stored under this id, with `promptJson`, which was its chatJson() a moment ago.
  void chatStored(qint64 conversationId, const QString& promptJson);
  void setMessages(const QList<Message>& messages);

 signals:
  void scopeChanged();
  void activeChanged();
  /// What is shown for editing is another.
  void changed();
  /// choice(), or what holds for the model, is another one now.
  void choiceChanged();
  void previewChanged();
  void storeErrorChanged();

 private:
  QString ownTemplate() const;
  QString inheritedTemplate() const;
  QString inheritedSystemPrompt() const;
  PromptChoice& edited() { return scope_ == Scope::Chat ? chat_ : model_; }
  const PromptChoice& edited() const { return scope_ == Scope::Chat ? chat_ : model_; }
  bool fits(const PromptChoice& own) const;
  void readModel();
  void editedSomething();
  void storeModel();
  void storeChat();
  void setStoreError(const QString& sentence);
  void refreshSoon();
  void refresh();
  void show(const PromptPreview& preview);

  History& history_;
  Settings& settings_;
  ModelRunner& runner_;

  Scope scope_ = Scope::Chat;
  bool active_ = false;
  qint64 conversationId_ = 0;
  PromptChoice chat_;
  PromptChoice newChat_;    // of the chat that is not stored yet, while another is open
  PromptChoice model_;      // as Settings has it for the loaded model
  bool chatDirty_ = false;  // to be stored
  QList<Message> messages_;
  PromptPreview preview_;
  PromptRunModel runs_;
  bool running_ = false;  // a preview is being made
  bool again_ = false;    // ... and is out of date already
  QString storeError_;
  QTimer storeTimer_;
  QTimer previewTimer_;
};

}  // namespace app
