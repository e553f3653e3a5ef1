#include "app/chat/prompt_view_model.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <utility>

#include "app/chat/model_runner.h"
#include "app/history/history.h"
#include "app/prompt/builtin_templates.h"
#include "app/settings/settings.h"

namespace app {

namespace {

constexpr int kStoreDelayMs = 500;
constexpr int kPreviewDelayMs = 200;

const QString kSystem = QStringLiteral("system");
const QString kTemplate = QStringLiteral("template");
const QString kModel = QStringLiteral("model");

QString utf8(std::string_view text) {
  return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

}  // namespace

PromptViewModel::PromptViewModel(History& history, Settings& settings, ModelRunner& runner, QObject* parent)
    : QObject(parent), history_(history), settings_(settings), runner_(runner) {
  storeTimer_.setSingleShot(true);
  storeTimer_.setInterval(kStoreDelayMs);
  connect(&storeTimer_, &QTimer::timeout, this, &PromptViewModel::storeChat);
  previewTimer_.setSingleShot(true);
  previewTimer_.setInterval(kPreviewDelayMs);
  connect(&previewTimer_, &QTimer::timeout, this, &PromptViewModel::refresh);
  connect(&runner_, &ModelRunner::modelChanged, this, &PromptViewModel::readModel);
  readModel();
}

PromptViewModel::~PromptViewModel() {
  storeChat();
}

// What holds

bool PromptViewModel::available() const {
  return runner_.model() != nullptr || runner_.isRemote();
}

bool PromptViewModel::madeElsewhere() const {
  return runner_.isRemote();
}

QString PromptViewModel::modelName() const {
  return runner_.modelName();
}

/// A template of another model says nothing here.
bool PromptViewModel::fits(const PromptChoice& own) const {
  return own.chatTemplate && own.templateModel == runner_.modelName() && !runner_.isRemote();
}

QString PromptViewModel::ownTemplate() const {
  const ChatTemplate* own = runner_.chatTemplate();
  return own ? QString::fromStdString(own->text) : QString();
}

QString PromptViewModel::inheritedTemplate() const {
  return scope_ == Scope::Chat && fits(model_) ? *model_.chatTemplate : ownTemplate();
}

QString PromptViewModel::inheritedSystemPrompt() const {
  return scope_ == Scope::Chat ? model_.systemPrompt.value_or(QString()) : QString();
}

QString PromptViewModel::systemPrompt() const {
  return edited().systemPrompt.value_or(inheritedSystemPrompt());
}

bool PromptViewModel::systemPromptModified() const {
  return edited().systemPrompt.has_value();
}

QString PromptViewModel::templateText() const {
  return fits(edited()) ? *edited().chatTemplate : inheritedTemplate();
}

bool PromptViewModel::templateModified() const {
  return fits(edited());
}

bool PromptViewModel::templateBuiltIn() const {
  return runner_.chatTemplate() && runner_.chatTemplate()->builtIn;
}

QString PromptViewModel::templateName() const {
  const ChatTemplate* own = runner_.chatTemplate();
  if (!own) return {};
  if (!own->builtIn) return tr("From the files of %1").arg(modelName());
  return tr("Built in: %1").arg(QString::fromStdString(own->name).section(QLatin1Char(' '), -1));
}

QString PromptViewModel::templateProblem() const {
  return runner_.chatTemplate() ? QString::fromStdString(runner_.chatTemplate()->problem) : QString();
}

bool PromptViewModel::chatDiffers() const {
  return chat_.systemPrompt.has_value() || fits(chat_);
}

QString PromptViewModel::foreignModel() const {
  return available() && chat_.chatTemplate && !fits(chat_) ? chat_.templateModel : QString();
}

QStringList PromptViewModel::builtInNames() const {
  QStringList names;
  for (const BuiltinTemplate& one : builtinTemplates()) names.append(utf8(one.name));
  return names;
}

// Editing

void PromptViewModel::setScope(Scope scope) {
  if (scope == scope_) return;
  scope_ = scope;
  emit scopeChanged();
  emit changed();
}

void PromptViewModel::setSystemPrompt(const QString& text) {
  if (text == systemPrompt() || (scope_ == Scope::Model && !available())) return;
  if (text == inheritedSystemPrompt()) {
    edited().systemPrompt.reset();
  } else {
    edited().systemPrompt = text;
  }
  editedSomething();
}

void PromptViewModel::setTemplateText(const QString& text) {
  if (!runner_.chatTemplate() || text == templateText()) return;
  if (text == inheritedTemplate()) return resetTemplate();
  edited().chatTemplate = text;
  edited().templateModel = runner_.modelName();
  editedSomething();
}

void PromptViewModel::resetTemplate() {
  if (!fits(edited())) return;
  edited().chatTemplate.reset();
  edited().templateModel.clear();
  editedSomething();
}

void PromptViewModel::resetSystemPrompt() {
  if (!edited().systemPrompt) return;
  edited().systemPrompt.reset();
  editedSomething();
}

void PromptViewModel::useBuiltIn(const QString& name) {
  for (const BuiltinTemplate& one : builtinTemplates()) {
    if (utf8(one.name) == name) setTemplateText(utf8(one.text));
  }
}

void PromptViewModel::editedSomething() {
  if (scope_ == Scope::Chat) {
    chatDirty_ = true;
    storeTimer_.start();
  } else {
    storeModel();
  }
  emit changed();
  emit choiceChanged();
  refreshSoon();
}

// Storing

QString PromptViewModel::chatJson() const {
  QJsonObject fields;
  if (chat_.systemPrompt) fields.insert(kSystem, *chat_.systemPrompt);
  if (chat_.chatTemplate) {
    fields.insert(kTemplate, *chat_.chatTemplate);
    fields.insert(kModel, chat_.templateModel);
  }
  return fields.isEmpty() ? QString() : QString::fromUtf8(QJsonDocument(fields).toJson(QJsonDocument::Compact));
}

void PromptViewModel::storeModel() {
  QVariantMap fields;
  if (model_.systemPrompt) fields.insert(kSystem, *model_.systemPrompt);
  if (model_.chatTemplate) fields.insert(kTemplate, *model_.chatTemplate);
  setStoreError(settings_.setPromptOverride(modelName(), fields)
                    ? QString()
                    : tr("This is too long to be kept for all chats, so it is not used."));
}

void PromptViewModel::storeChat() {
  storeTimer_.stop();
  if (conversationId_ == 0 || !std::exchange(chatDirty_, false)) return;
  whenDone(
      history_.setConversationPrompt(conversationId_, chatJson()), this, [this] { setStoreError({}); },
      [this](const HistoryError& error) { setStoreError(error.sentence()); });
}

void PromptViewModel::setStoreError(const QString& sentence) {
  if (sentence == storeError_) return;
  storeError_ = sentence;
  emit storeErrorChanged();
}

void PromptViewModel::openChat(qint64 conversationId, const QString& promptJson) {
  storeChat();
  if (conversationId_ == 0) newChat_ = chat_;
  const QJsonObject fields = QJsonDocument::fromJson(promptJson.toUtf8()).object();
  chat_ = conversationId == 0 ? newChat_ : PromptChoice();
  chatDirty_ = false;
  conversationId_ = conversationId;
  if (fields.value(kSystem).isString()) chat_.systemPrompt = fields.value(kSystem).toString();
  if (fields.value(kTemplate).isString()) chat_.chatTemplate = fields.value(kTemplate).toString();
  if (conversationId != 0) chat_.templateModel = fields.value(kModel).toString();
  emit changed();
  emit choiceChanged();
  refreshSoon();
}

void PromptViewModel::chatStored(qint64 conversationId, const QString& promptJson) {
  conversationId_ = conversationId;
  newChat_ = {};
  chatDirty_ = chatJson() != promptJson;  // typed meanwhile
  if (chatDirty_) storeTimer_.start();
}

/// The loaded model is another one: so is what was written for it.
void PromptViewModel::readModel() {
  model_ = {};
  const QVariantMap fields = available() ? settings_.promptOverride(modelName()) : QVariantMap();
  if (fields.contains(kSystem)) model_.systemPrompt = fields.value(kSystem).toString();
  if (fields.contains(kTemplate)) model_.chatTemplate = fields.value(kTemplate).toString();
  model_.templateModel = modelName();
  setStoreError({});
  emit changed();
  emit choiceChanged();
  refreshSoon();
}

// Looking

void PromptViewModel::setActive(bool active) {
  if (active == active_) return;
  active_ = active;
  emit activeChanged();
  if (active_) refresh();
}

void PromptViewModel::setMessages(const QList<Message>& messages) {
  messages_ = messages;
  refreshSoon();
}

void PromptViewModel::refreshSoon() {
  if (active_) previewTimer_.start();
}

void PromptViewModel::refresh() {
  previewTimer_.stop();
  if (!active_) return;
  if (running_) {
    again_ = true;  // one at a time: a slow template is not asked again for each letter
    return;
  }
  running_ = true;
  QList<Message> messages = messages_;
  if (messages.isEmpty()) {
    Message example;
    example.role = MessageRole::User;
    example.text = tr("Hello!");
    messages.append(example);
  }
  whenDone(
      runner_.preview(messages, choice()), this,
      [this](const PromptPreview& preview) {
        running_ = false;
        if (std::exchange(again_, false)) return refresh();
        show(preview);
      },
      [](const HistoryError&) {});  // carries no error
}

void PromptViewModel::show(const PromptPreview& preview) {
  preview_ = preview;
  runs_.setRuns(preview_.runs);
  emit previewChanged();
}

QVariantList PromptViewModel::findings() const {
  const auto titleOf = [](const PreviewFinding& one) {
    if (one.kind == QLatin1String("missingStart")) return tr("The prompt does not begin with %1").arg(one.subject);
    if (one.kind == QLatin1String("doubleStart")) return tr("%1 stands twice in a row").arg(one.subject);
    if (one.kind == QLatin1String("unclosedThought")) return tr("An earlier thought has an odd %1").arg(one.subject);
    if (one.kind == QLatin1String("droppedRole"))
      return tr("Messages of the role “%1” may be left out").arg(one.subject);
    if (one.kind == QLatin1String("droppedLaterSystem")) return tr("A later system message may be left out");
    if (one.kind == QLatin1String("userTextDecides"))
      return tr("Your words can change the prompt: “%1”").arg(one.subject.simplified());
    if (one.kind == QLatin1String("differs")) return tr("Renders other text than the built-in %1").arg(one.subject);
    return tr("Too slow for all checks");
  };
  const auto sentenceOf = [](const PreviewFinding& one) {
    if (one.kind == QLatin1String("missingStart"))
      return tr("The prompt does not begin with %1, which the model expects first; nothing else adds it.").arg(one.subject);
    if (one.kind == QLatin1String("doubleStart"))
      return tr("The start token %1 stands twice in a row; the model has never seen that.").arg(one.subject);
    if (one.kind == QLatin1String("unclosedThought")) {
      return one.subject == QLatin1String("<think>")
                 ? tr("The thought of an earlier reply is opened with %1 and never closed.").arg(one.subject)
                 : tr("The thought of an earlier reply is closed with %1 and never opened.").arg(one.subject);
    }
    if (one.kind == QLatin1String("droppedRole"))
      return tr("Messages of the role “%1” are left out without a word.").arg(one.subject);
    if (one.kind == QLatin1String("droppedLaterSystem"))
      return tr("A system message that does not come first is left out without a word.");
    if (one.kind == QLatin1String("userTextDecides"))
      return tr("What the template writes depends on the words of the user's message: it looks for “%1”.")
          .arg(one.subject);
    if (one.kind == QLatin1String("differs"))
      return tr("It renders other text than the built-in template %1.").arg(one.subject);
    return tr("The template is too slow for all checks to be run.");
  };
  QVariantList list;
  for (const PreviewFinding& one : preview_.findings) {
    const QString head = tr("--- built-in %1\n+++ this template").arg(one.subject);
    list.append(QVariantMap{
        {QStringLiteral("kind"), one.kind},
        {QStringLiteral("subject"), one.subject},
        {QStringLiteral("title"), titleOf(one)},
        {QStringLiteral("sentence"), sentenceOf(one)},
        {QStringLiteral("line"), one.line},
        {QStringLiteral("detail"), one.detail.isEmpty() ? QString() : head + QLatin1Char('\n') + one.detail}});
  }
  return list;
}

}  // namespace app
