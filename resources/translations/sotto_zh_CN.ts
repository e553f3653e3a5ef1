<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
    <context>
        <name>Banner</name>
        <message>
            <source>Hide details</source>
            <translation>隐藏详情</translation>
        </message>
        <message>
            <source>Details</source>
            <translation>详情</translation>
        </message>
        <message>
            <source>Dismiss</source>
            <translation>关闭</translation>
        </message>
    </context>
    <context>
        <name>ChatHeader</name>
        <message>
            <source>New chat</source>
            <translation>新建对话</translation>
        </message>
        <message>
            <source>Rename (%1)</source>
            <translation>重命名（%1）</translation>
        </message>
        <message>
            <source>Hide the panel</source>
            <translation>隐藏面板</translation>
        </message>
        <message>
            <source>Show the panel</source>
            <translation>显示面板</translation>
        </message>
        <message>
            <source>Sampling and prompt (%1)</source>
            <translation>采样与提示词（%1）</translation>
        </message>
    </context>
    <context>
        <name>ChatPage</name>
        <message>
            <source>New text below</source>
            <translation>下方有新内容</translation>
        </message>
        <message>
            <source>To the end</source>
            <translation>到末尾</translation>
        </message>
    </context>
    <context>
        <name>app::ChatViewModel</name>
        <message>
            <source>The chat could not be renamed.</source>
            <translation>无法重命名该对话。</translation>
        </message>
        <message>
            <source>The chat could not be opened.</source>
            <translation>无法打开该对话。</translation>
        </message>
        <message>
            <source>The chat could not be read.</source>
            <translation>无法读取该对话。</translation>
        </message>
        <message>
            <source>The draft could not be stored.</source>
            <translation>无法保存草稿。</translation>
        </message>
        <message>
            <source>The other version could not be shown.</source>
            <translation>无法显示另一个版本。</translation>
        </message>
        <message>
            <source>No model is loaded, so nobody can answer.</source>
            <translation>尚未加载模型，无法回答。</translation>
        </message>
        <message>
            <source>Choose a model, or load the demo model, and send again.</source>
            <translation>请选择一个模型或加载演示模型，然后重新发送。</translation>
        </message>
        <message>
            <source>The edited reply could not be stored.</source>
            <translation>无法保存编辑后的回答。</translation>
        </message>
        <message>
            <source>The message could not be stored, so it was not sent.</source>
            <translation>消息无法保存，因此没有发送。</translation>
        </message>
        <message>
            <source>The reply could not be stored. It is shown, but may be lost when Sotto ends.</source>
            <translation>回答无法保存。现在仍可查看，但 Sotto 退出后可能丢失。</translation>
        </message>
        <message>
            <source>The chat's prompt could not be stored.</source>
            <translation>无法保存对话的提示词。</translation>
        </message>
    </context>
    <context>
        <name>CodeBlock</name>
        <message>
            <source>Code</source>
            <translation>代码</translation>
        </message>
        <message>
            <source>Code, %1</source>
            <translation>代码，%1</translation>
        </message>
        <message>
            <source>Copied</source>
            <translation>已复制</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>复制</translation>
        </message>
        <message>
            <source>Copy code</source>
            <translation>复制代码</translation>
        </message>
        <message>
            <source>Wrap</source>
            <translation>换行</translation>
        </message>
        <message>
            <source>Wrap lines</source>
            <translation>自动换行</translation>
        </message>
    </context>
    <context>
        <name>Composer</name>
        <message>
            <source>Too long: the chat would take %1 of %2 tokens.</source>
            <translation>太长：对话将占用 %1 个词元，上限为 %2。</translation>
        </message>
        <message>
            <source>Waiting for the model</source>
            <translation>等待模型</translation>
        </message>
        <message>
            <source>%1; slow, because the model is read from disk</source>
            <translation>%1；模型需从磁盘读取，速度较慢</translation>
        </message>
        <message>
            <source>Reading the chat</source>
            <translation>正在阅读对话</translation>
        </message>
        <message>
            <source>Writing, %1 tok/s</source>
            <translation>正在书写，%1 词元/秒</translation>
        </message>
        <message>
            <source>Writing</source>
            <translation>正在书写</translation>
        </message>
        <message>
            <source>Send</source>
            <translation>发送</translation>
        </message>
        <message>
            <source>Send (%1)</source>
            <translation>发送（%1）</translation>
        </message>
        <message>
            <source>Stop</source>
            <translation>停止</translation>
        </message>
        <message>
            <source>Stop (%1)</source>
            <translation>停止（%1）</translation>
        </message>
        <message>
            <source>Enter sends · Shift+Enter new line · Esc stops</source>
            <translation>Enter 发送 · Shift+Enter 换行 · Esc 停止</translation>
        </message>
        <message>
            <source>Shift+Enter sends · Enter new line · Esc stops</source>
            <translation>Shift+Enter 发送 · Enter 换行 · Esc 停止</translation>
        </message>
        <message>
            <source>Nothing leaves this computer</source>
            <translation>内容不会离开这台电脑</translation>
        </message>
    </context>
    <context>
        <name>ComposerField</name>
        <message>
            <source>Message</source>
            <translation>消息</translation>
        </message>
    </context>
    <context>
        <name>ContextGauge</name>
        <message>
            <source>Context: %1 of %2 tokens</source>
            <translation>上下文：%1 / %2 个词元</translation>
        </message>
        <message>
            <source>%1 of %2</source>
            <translation>%1 / %2</translation>
        </message>
        <message>
            <source>The conversation takes %1 of the %2 tokens that the model can read at once.</source>
            <translation>模型一次可阅读 %2 个词元，对话已占用 %1 个。</translation>
        </message>
    </context>
    <context>
        <name>ConversationList</name>
        <message>
            <source>Conversations</source>
            <translation>对话列表</translation>
        </message>
        <message>
            <source>Nothing found for “%1”.</source>
            <translation>没有找到“%1”。</translation>
        </message>
        <message>
            <source>Your chats will be listed here. They stay on this computer.</source>
            <translation>您的对话会列在这里，并且只保存在这台电脑上。</translation>
        </message>
    </context>
    <context>
        <name>app::ConversationListModel</name>
        <message>
            <source>Pinned</source>
            <translation>已置顶</translation>
        </message>
        <message>
            <source>Today</source>
            <translation>今天</translation>
        </message>
        <message>
            <source>Yesterday</source>
            <translation>昨天</translation>
        </message>
        <message>
            <source>Previous 7 days</source>
            <translation>过去 7 天</translation>
        </message>
        <message>
            <source>Older</source>
            <translation>更早</translation>
        </message>
        <message>
            <source>The chats could not be read.</source>
            <translation>无法读取对话。</translation>
        </message>
        <message>
            <source>The chat could not be renamed.</source>
            <translation>无法重命名该对话。</translation>
        </message>
        <message>
            <source>The chat could not be pinned.</source>
            <translation>无法置顶该对话。</translation>
        </message>
        <message>
            <source>Untitled chat</source>
            <translation>未命名的对话</translation>
        </message>
        <message>
            <source>The chat could not be deleted.</source>
            <translation>无法删除该对话。</translation>
        </message>
        <message>
            <source>The chat could not be brought back.</source>
            <translation>无法恢复该对话。</translation>
        </message>
    </context>
    <context>
        <name>ConversationRow</name>
        <message>
            <source>New chat</source>
            <translation>新建对话</translation>
        </message>
        <message>
            <source>Actions for %1</source>
            <translation>“%1”的操作</translation>
        </message>
        <message>
            <source>Chat title</source>
            <translation>对话标题</translation>
        </message>
        <message>
            <source>Rename</source>
            <translation>重命名</translation>
        </message>
        <message>
            <source>Unpin</source>
            <translation>取消置顶</translation>
        </message>
        <message>
            <source>Pin</source>
            <translation>置顶</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>删除</translation>
        </message>
    </context>
    <context>
        <name>DemoCard</name>
        <message>
            <source>This is a tiny demonstration model</source>
            <translation>这是一个很小的演示模型</translation>
        </message>
        <message>
            <source>It shows how Sotto works and knows little beyond that. For real answers, download an ERNIE 4.5 model (the 0.3B one, 0.7 GB, runs on any computer) and open its folder here. It is used where it lies; nothing is copied.</source>
            <translation>它用来展示 Sotto 如何工作，除此之外所知甚少。想得到真正的回答，请下载一个 ERNIE 4.5 模型（0.3B 版本 0.7 GB，任何电脑都能运行），然后在这里打开它的文件夹。模型在原处使用，不会复制。</translation>
        </message>
        <message>
            <source>Open a folder…</source>
            <translation>打开文件夹…</translation>
        </message>
        <message>
            <source>Open a file…</source>
            <translation>打开文件…</translation>
        </message>
    </context>
    <context>
        <name>EditableTitle</name>
        <message>
            <source>Chat title</source>
            <translation>对话标题</translation>
        </message>
    </context>
    <context>
        <name>EmptyChat</name>
        <message>
            <source>What shall we talk about?</source>
            <translation>想聊点什么？</translation>
        </message>
        <message>
            <source>Everything you write is answered on this computer and stays on it.</source>
            <translation>您写的一切都由这台电脑回答，也只留在这台电脑上。</translation>
        </message>
        <message>
            <source>What is Sotto?</source>
            <translation>Sotto 是什么？</translation>
        </message>
        <message>
            <source>How do I get a real model?</source>
            <translation>怎样获得真正的模型？</translation>
        </message>
        <message>
            <source>What does temperature do?</source>
            <translation>温度有什么作用？</translation>
        </message>
        <message>
            <source>Explain recursion with an everyday example.</source>
            <translation>用生活中的例子解释递归。</translation>
        </message>
        <message>
            <source>Write a polite reminder to a colleague.</source>
            <translation>给同事写一封礼貌的提醒。</translation>
        </message>
        <message>
            <source>Compare two ways to sort a list in a table.</source>
            <translation>用表格比较两种排序方法。</translation>
        </message>
    </context>
    <context>
        <name>LibraryPage</name>
        <message>
            <source>Models</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>Back to the chat</source>
            <translation>返回对话</translation>
        </message>
        <message>
            <source>Models are used where they lie: nothing is copied, and taking one off this list leaves its files alone. Sotto opens GGUF files, and folders as they are published with config.json, the tokenizer and safetensors files.</source>
            <translation>模型在原处使用：不会复制，从列表中移除也不会动它的文件。Sotto 可以打开 GGUF 文件，也可以直接打开发布时的文件夹，其中有 config.json、分词器和 safetensors 文件。</translation>
        </message>
        <message>
            <source>Open a folder…</source>
            <translation>打开文件夹…</translation>
        </message>
        <message>
            <source>Open a file…</source>
            <translation>打开文件…</translation>
        </message>
        <message>
            <source>Known models</source>
            <translation>已知模型</translation>
        </message>
    </context>
    <context>
        <name>LoadingStrip</name>
        <message>
            <source>Loading %1</source>
            <translation>正在加载 %1</translation>
        </message>
        <message>
            <source>%1 %</source>
            <translation>%1 %</translation>
        </message>
        <message>
            <source>Loading</source>
            <translation>加载中</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
    </context>
    <context>
        <name>Main</name>
        <message>
            <source>Sotto</source>
            <translation>Sotto</translation>
        </message>
        <message>
            <source>%1 – Sotto</source>
            <translation>%1 – Sotto</translation>
        </message>
        <message>
            <source>Deleted “%1”</source>
            <translation>已删除“%1”</translation>
        </message>
        <message>
            <source>Undo</source>
            <translation>撤销</translation>
        </message>
    </context>
    <context>
        <name>MessageActions</name>
        <message>
            <source>Copied</source>
            <translation>已复制</translation>
        </message>
        <message>
            <source>Copy</source>
            <translation>复制</translation>
        </message>
        <message>
            <source>Copy the text as it was written. With Shift: without its marks.</source>
            <translation>按原文复制。按住 Shift：不带标记。</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>编辑</translation>
        </message>
        <message>
            <source>Regenerate</source>
            <translation>重新生成</translation>
        </message>
        <message>
            <source>Previous version</source>
            <translation>上一个版本</translation>
        </message>
        <message>
            <source>%1 / %2</source>
            <translation>%1 / %2</translation>
        </message>
        <message>
            <source>Version %1 of %2</source>
            <translation>第 %1 个版本，共 %2 个</translation>
        </message>
        <message>
            <source>Next version</source>
            <translation>下一个版本</translation>
        </message>
    </context>
    <context>
        <name>MessageEditor</name>
        <message>
            <source>Text of the message</source>
            <translation>消息内容</translation>
        </message>
        <message>
            <source>Makes a new version; the old one stays.</source>
            <translation>会生成新版本，旧版本保留。</translation>
        </message>
        <message>
            <source>Saved as a new version; nothing is written anew.</source>
            <translation>保存为新版本，不会重新生成。</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
        <message>
            <source>Save and send</source>
            <translation>保存并发送</translation>
        </message>
        <message>
            <source>Save</source>
            <translation>保存</translation>
        </message>
    </context>
    <context>
        <name>MessageList</name>
        <message>
            <source>Messages</source>
            <translation>消息列表</translation>
        </message>
    </context>
    <context>
        <name>app::MessageListModel</name>
        <message>
            <source>Waiting</source>
            <translation>等待中</translation>
        </message>
        <message>
            <source>Writing</source>
            <translation>正在书写</translation>
        </message>
        <message>
            <source>Interrupted: Sotto ended while this was being written.</source>
            <translation>已中断：书写时 Sotto 退出了。</translation>
        </message>
        <message>
            <source>Stopped</source>
            <translation>已停止</translation>
        </message>
        <message>
            <source>The reply failed.</source>
            <translation>回答失败。</translation>
        </message>
    </context>
    <context>
        <name>MessageRow</name>
        <message>
            <source>You</source>
            <translation>您</translation>
        </message>
        <message>
            <source>System</source>
            <translation>系统</translation>
        </message>
        <message>
            <source>Assistant</source>
            <translation>助手</translation>
        </message>
        <message>
            <source>%1: %2</source>
            <translation>%1：%2</translation>
        </message>
        <message>
            <source>%1 tok/s</source>
            <translation>%1 词元/秒</translation>
        </message>
        <message>
            <source>first after %1 s</source>
            <translation>%1 秒后开始</translation>
        </message>
        <message>
            <source>cut at the maximum length</source>
            <translation>达到最大长度</translation>
        </message>
    </context>
    <context>
        <name>ModelChip</name>
        <message>
            <source>Demo model</source>
            <translation>演示模型</translation>
        </message>
        <message>
            <source>Loaded model: %1. %2</source>
            <translation>已加载模型：%1。%2</translation>
        </message>
        <message>
            <source>Loading %1</source>
            <translation>正在加载 %1</translation>
        </message>
        <message>
            <source>No model is loaded</source>
            <translation>尚未加载模型</translation>
        </message>
        <message>
            <source>No model</source>
            <translation>没有模型</translation>
        </message>
        <message>
            <source>Model not loaded</source>
            <translation>模型未加载</translation>
        </message>
        <message>
            <source>Loading, %1 %</source>
            <translation>加载中，%1 %</translation>
        </message>
        <message>
            <source>Choose one to start</source>
            <translation>选择一个即可开始</translation>
        </message>
    </context>
    <context>
        <name>ModelChoice</name>
        <message>
            <source>Remove %1 from the list</source>
            <translation>从列表中移除 %1</translation>
        </message>
        <message>
            <source>Remove from the list. The files stay.</source>
            <translation>从列表中移除，文件保留。</translation>
        </message>
    </context>
    <context>
        <name>ModelDialogs</name>
        <message>
            <source>Open the folder of a model</source>
            <translation>打开模型文件夹</translation>
        </message>
        <message>
            <source>Open the file of a model</source>
            <translation>打开模型文件</translation>
        </message>
        <message>
            <source>Models (%1)</source>
            <translation>模型（%1）</translation>
        </message>
        <message>
            <source>All files (%1)</source>
            <translation>所有文件（%1）</translation>
        </message>
    </context>
    <context>
        <name>app::ModelLibrary</name>
        <message>
            <source>Demo model</source>
            <translation>演示模型</translation>
        </message>
    </context>
    <context>
        <name>ModelLine</name>
        <message>
            <source>In use</source>
            <translation>使用中</translation>
        </message>
        <message>
            <source>Use</source>
            <translation>使用</translation>
        </message>
        <message>
            <source>Remove %1 from the list</source>
            <translation>从列表中移除 %1</translation>
        </message>
        <message>
            <source>Remove from the list. The files stay.</source>
            <translation>从列表中移除，文件保留。</translation>
        </message>
    </context>
    <context>
        <name>ModelPicker</name>
        <message>
            <source>Demo model</source>
            <translation>演示模型</translation>
        </message>
        <message>
            <source>Choose a model</source>
            <translation>选择模型</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>Known models</source>
            <translation>已知模型</translation>
        </message>
        <message>
            <source>Open a folder…</source>
            <translation>打开文件夹…</translation>
        </message>
        <message>
            <source>Open a file…</source>
            <translation>打开文件…</translation>
        </message>
    </context>
    <context>
        <name>app::ModelRunner</name>
        <message>
            <source>The model's chat template cannot show this conversation.</source>
            <translation>模型的对话模板无法表示这个对话。</translation>
        </message>
        <message>
            <source>Something went wrong inside Sotto.</source>
            <translation>Sotto 内部出错。</translation>
        </message>
        <message>
            <source>%1 B</source>
            <translation>%1 B</translation>
        </message>
        <message>
            <source>%1 M</source>
            <translation>%1 M</translation>
        </message>
        <message numerus="yes">
            <source>%n thread(s)</source>
            <translation>
                <numerusform>%n 个线程</numerusform>
            </translation>
        </message>
        <message>
            <source>%1 of memory</source>
            <translation>内存 %1</translation>
        </message>
        <message>
            <source>%1, read from disk: %2 of memory are free</source>
            <translation>%1，从磁盘读取：可用内存 %2</translation>
        </message>
        <message>
            <source>The demo model is not there.</source>
            <translation>演示模型不存在。</translation>
        </message>
        <message>
            <source>It belongs to the installation of Sotto, which seems incomplete.</source>
            <translation>它是 Sotto 安装的一部分，安装似乎不完整。</translation>
        </message>
        <message>
            <source>%1 could not be loaded, the demo model is used. %2</source>
            <translation>无法加载 %1，改用演示模型。%2</translation>
        </message>
        <message>
            <source>%1 could not be loaded. %2</source>
            <translation>无法加载 %1。%2</translation>
        </message>
        <message>
            <source>The model was unloaded before it could answer.</source>
            <translation>模型在回答之前被卸载。</translation>
        </message>
        <message>
            <source>Loading the model was cancelled.</source>
            <translation>已取消加载模型。</translation>
        </message>
        <message>
            <source>No model is loaded.</source>
            <translation>尚未加载模型。</translation>
        </message>
        <message>
            <source>Choose one, or load the demo model, and ask again.</source>
            <translation>请选择一个模型或加载演示模型，然后再问一次。</translation>
        </message>
    </context>
    <context>
        <name>PageBanners</name>
        <message>
            <source>Use the demo model</source>
            <translation>使用演示模型</translation>
        </message>
        <message>
            <source>Open a folder…</source>
            <translation>打开文件夹…</translation>
        </message>
        <message>
            <source>No model is loaded. Choose one, or use the small one that comes with Sotto.</source>
            <translation>尚未加载模型。请选择一个，或使用 Sotto 自带的小模型。</translation>
        </message>
    </context>
    <context>
        <name>PageHeader</name>
        <message>
            <source>Show the sidebar</source>
            <translation>显示侧边栏</translation>
        </message>
    </context>
    <context>
        <name>PanelHeading</name>
        <message>
            <source>Changed. Press to take it back.</source>
            <translation>已修改。点按可撤销。</translation>
        </message>
    </context>
    <context>
        <name>PresetChips</name>
        <message>
            <source>Preset</source>
            <translation>预设</translation>
        </message>
    </context>
    <context>
        <name>PromptPanel</name>
        <message>
            <source>Scope</source>
            <translation>适用范围</translation>
        </message>
        <message>
            <source>This chat</source>
            <translation>本对话</translation>
        </message>
        <message>
            <source>What is written here holds for the open chat.</source>
            <translation>这里写的内容只用于当前对话。</translation>
        </message>
        <message>
            <source>This model</source>
            <translation>本模型</translation>
        </message>
        <message>
            <source>What is written here holds for all chats with %1 that have nothing of their own.</source>
            <translation>这里写的内容用于所有使用 %1 且没有自己设置的对话。</translation>
        </message>
        <message>
            <source>The open chat has something of its own and keeps it; the preview shows that.</source>
            <translation>当前对话有自己的设置并会保留；预览显示的是它。</translation>
        </message>
        <message>
            <source>System prompt</source>
            <translation>系统提示词</translation>
        </message>
        <message>
            <source>Reset the system prompt</source>
            <translation>重置系统提示词</translation>
        </message>
        <message>
            <source>Instructions for every reply</source>
            <translation>对每次回答的要求</translation>
        </message>
        <message>
            <source>Chat template</source>
            <translation>对话模板</translation>
        </message>
        <message>
            <source>Reset the template</source>
            <translation>重置模板</translation>
        </message>
        <message>
            <source>Edited. Press to go back to what all chats with the model have.</source>
            <translation>已编辑。点按可恢复为该模型所有对话使用的模板。</translation>
        </message>
        <message>
            <source>Edited. Press to go back to the built-in one.</source>
            <translation>已编辑。点按可恢复为内置模板。</translation>
        </message>
        <message>
            <source>Edited. Press to go back to the file's own.</source>
            <translation>已编辑。点按可恢复为模型文件自带的模板。</translation>
        </message>
        <message>
            <source>Built-in</source>
            <translation>内置</translation>
        </message>
        <message>
            <source>Put a built-in template here</source>
            <translation>在此放入内置模板</translation>
        </message>
        <message>
            <source>Edited</source>
            <translation>已编辑</translation>
        </message>
        <message>
            <source>This chat's own template was written for %1 and is not used with this model.</source>
            <translation>本对话自己的模板是为 %1 编写的，不用于当前模型。</translation>
        </message>
        <message>
            <source>This template is too long to be edited here; its beginning is shown.</source>
            <translation>此模板太长，无法在此编辑；只显示开头部分。</translation>
        </message>
        <message>
            <source>Preview</source>
            <translation>预览</translation>
        </message>
        <message>
            <source>The chat is empty; this is an example.</source>
            <translation>对话还是空的；这是一个示例。</translation>
        </message>
        <message>
            <source>The template leaves 1 message out.</source>
            <translation>模板略去了 1 条消息。</translation>
        </message>
        <message>
            <source>The template leaves %1 messages out.</source>
            <translation>模板略去了 %1 条消息。</translation>
        </message>
        <message>
            <source>Only the beginning is shown; the whole text has %1 characters.</source>
            <translation>只显示开头部分；全文共 %1 个字符。</translation>
        </message>
    </context>
    <context>
        <name>PromptPreview</name>
        <message>
            <source>Preview</source>
            <translation>预览</translation>
        </message>
        <message>
            <source>No model is loaded.</source>
            <translation>未加载模型。</translation>
        </message>
        <message>
            <source>There is no prompt until the template works.</source>
            <translation>模板可用之后才有提示词。</translation>
        </message>
        <message>
            <source>Rendering…</source>
            <translation>正在渲染…</translation>
        </message>
    </context>
    <context>
        <name>app::PromptViewModel</name>
        <message>
            <source>From the files of %1</source>
            <translation>来自 %1 的文件</translation>
        </message>
        <message>
            <source>Built in: %1</source>
            <translation>内置：%1</translation>
        </message>
        <message>
            <source>This is too long to be kept for all chats, so it is not used.</source>
            <translation>内容太长，无法为所有对话保存，因此不会使用。</translation>
        </message>
        <message>
            <source>Hello!</source>
            <translation>你好！</translation>
        </message>
        <message>
            <source>The prompt does not begin with %1</source>
            <translation>提示词没有以 %1 开头</translation>
        </message>
        <message>
            <source>%1 stands twice in a row</source>
            <translation>%1 连续出现两次</translation>
        </message>
        <message>
            <source>An earlier thought has an odd %1</source>
            <translation>先前的思考中有多余的 %1</translation>
        </message>
        <message>
            <source>Messages of the role “%1” may be left out</source>
            <translation>角色为“%1”的消息可能被略去</translation>
        </message>
        <message>
            <source>Your words can change the prompt: “%1”</source>
            <translation>你的用语会改变提示词：“%1”</translation>
        </message>
        <message>
            <source>Renders other text than the built-in %1</source>
            <translation>渲染结果与内置的 %1 不同</translation>
        </message>
        <message>
            <source>Too slow for all checks</source>
            <translation>太慢，无法完成全部检查</translation>
        </message>
        <message>
            <source>A later system message may be left out</source>
            <translation>靠后的系统消息可能被略去</translation>
        </message>
        <message>
            <source>The prompt does not begin with %1, which the model expects first; nothing else adds it.</source>
            <translation>提示词没有以 %1 开头，而模型要求它在最前面；别处不会补上。</translation>
        </message>
        <message>
            <source>The start token %1 stands twice in a row; the model has never seen that.</source>
            <translation>起始词元 %1 连续出现两次；模型从未见过这种情形。</translation>
        </message>
        <message>
            <source>The thought of an earlier reply is opened with %1 and never closed.</source>
            <translation>先前回复的思考以 %1 开始，却没有结束。</translation>
        </message>
        <message>
            <source>The thought of an earlier reply is closed with %1 and never opened.</source>
            <translation>先前回复的思考以 %1 结束，却没有开始。</translation>
        </message>
        <message>
            <source>Messages of the role “%1” are left out without a word.</source>
            <translation>角色为“%1”的消息会被悄然略去。</translation>
        </message>
        <message>
            <source>A system message that does not come first is left out without a word.</source>
            <translation>不在最前面的系统消息会被悄然略去。</translation>
        </message>
        <message>
            <source>What the template writes depends on the words of the user&apos;s message: it looks for “%1”.</source>
            <translation>模板写出的内容取决于用户消息的用语：它会查找“%1”。</translation>
        </message>
        <message>
            <source>It renders other text than the built-in template %1.</source>
            <translation>它的渲染结果与内置模板 %1 不同。</translation>
        </message>
        <message>
            <source>The template is too slow for all checks to be run.</source>
            <translation>模板太慢，无法完成全部检查。</translation>
        </message>
        <message>
            <source>--- built-in %1
+++ this template</source>
            <translation>--- 内置的 %1
+++ 此模板</translation>
        </message>
    </context>
    <context>
        <name>ReplyNote</name>
        <message>
            <source>Continue</source>
            <translation>继续</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>重试</translation>
        </message>
    </context>
    <context>
        <name>SamplingPanel</name>
        <message>
            <source>Reset all</source>
            <translation>全部重置</translation>
        </message>
        <message>
            <source>Back to what the model brings</source>
            <translation>恢复为模型自带的设置</translation>
        </message>
        <message>
            <source>Changes apply at once, also to a reply that is being written.</source>
            <translation>更改立即生效，也适用于正在书写的回答。</translation>
        </message>
    </context>
    <context>
        <name>SearchField</name>
        <message>
            <source>Search chats</source>
            <translation>搜索对话</translation>
        </message>
        <message>
            <source>Clear search</source>
            <translation>清除搜索</translation>
        </message>
    </context>
    <context>
        <name>SettingSlider</name>
        <message>
            <source>Reset %1</source>
            <translation>重置%1</translation>
        </message>
        <message>
            <source>Changed. Press to go back to what the model brings.</source>
            <translation>已更改。点按恢复为模型自带的值。</translation>
        </message>
        <message>
            <source>%1, number</source>
            <translation>%1，数值</translation>
        </message>
    </context>
    <context>
        <name>SettingsPage</name>
        <message>
            <source>Settings</source>
            <translation>设置</translation>
        </message>
        <message>
            <source>Back to the chat</source>
            <translation>返回对话</translation>
        </message>
        <message>
            <source>Appearance</source>
            <translation>外观</translation>
        </message>
        <message>
            <source>Theme</source>
            <translation>主题</translation>
        </message>
        <message>
            <source>System</source>
            <translation>跟随系统</translation>
        </message>
        <message>
            <source>Light</source>
            <translation>浅色</translation>
        </message>
        <message>
            <source>Dark</source>
            <translation>深色</translation>
        </message>
        <message>
            <source>Font size</source>
            <translation>字号</translation>
        </message>
        <message>
            <source>%1 %</source>
            <translation>%1 %</translation>
        </message>
        <message>
            <source>Writing</source>
            <translation>书写</translation>
        </message>
        <message>
            <source>Enter sends the message</source>
            <translation>按 Enter 发送消息</translation>
        </message>
        <message>
            <source>Shift+Enter begins a new line.</source>
            <translation>Shift+Enter 换行。</translation>
        </message>
        <message>
            <source>Enter begins a new line, Shift+Enter sends.</source>
            <translation>Enter 换行，Shift+Enter 发送。</translation>
        </message>
        <message>
            <source>Saved chats</source>
            <translation>已保存的对话</translation>
        </message>
        <message>
            <source>Room for what the model has read</source>
            <translation>用于保存模型已读内容的空间</translation>
        </message>
        <message>
            <source>Off</source>
            <translation>关闭</translation>
        </message>
        <message>
            <source>%1 GB</source>
            <translation>%1 GB</translation>
        </message>
        <message>
            <source>%1 in use</source>
            <translation>已使用 %1</translation>
        </message>
        <message>
            <source>Clear</source>
            <translation>清除</translation>
        </message>
        <message>
            <source>A long chat goes on at once after a restart, because the model need not read it again. Chats not opened for longest make room first; the chats themselves are kept in any case.</source>
            <translation>重新启动后，长对话可以立即继续，模型无需重新阅读。空间不足时，最久未打开的对话先让出空间；对话本身始终保留。</translation>
        </message>
        <message>
            <source>Keyboard</source>
            <translation>键盘</translation>
        </message>
        <message>
            <source>Everything can be done without a mouse.</source>
            <translation>一切操作都可以不用鼠标完成。</translation>
        </message>
        <message>
            <source>Show shortcuts</source>
            <translation>显示快捷键</translation>
        </message>
        <message>
            <source>About</source>
            <translation>关于</translation>
        </message>
        <message>
            <source>Sotto %1</source>
            <translation>Sotto %1</translation>
        </message>
        <message>
            <source>Chats, settings and models stay on this computer; Sotto sends nothing. Free software under the Apache License 2.0.</source>
            <translation>对话、设置和模型都留在这台电脑上，Sotto 不发送任何内容。以 Apache License 2.0 许可的自由软件。</translation>
        </message>
    </context>
    <context>
        <name>ShortcutSheet</name>
        <message>
            <source>Shortcuts</source>
            <translation>快捷键</translation>
        </message>
        <message>
            <source>Close</source>
            <translation>关闭</translation>
        </message>
        <message>
            <source>%1: %2</source>
            <translation>%1：%2</translation>
        </message>
    </context>
    <context>
        <name>SidePanel</name>
        <message>
            <source>Panel</source>
            <translation>面板</translation>
        </message>
        <message>
            <source>Sampling</source>
            <translation>采样</translation>
        </message>
        <message>
            <source>Prompt</source>
            <translation>提示词</translation>
        </message>
        <message>
            <source>Hide the panel</source>
            <translation>隐藏面板</translation>
        </message>
    </context>
    <context>
        <name>Sidebar</name>
        <message>
            <source>New chat</source>
            <translation>新建对话</translation>
        </message>
        <message>
            <source>New chat (%1)</source>
            <translation>新建对话（%1）</translation>
        </message>
        <message>
            <source>Models</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>Settings</source>
            <translation>设置</translation>
        </message>
    </context>
    <context>
        <name>TableBlock</name>
        <message>
            <source>Table, rows: %1</source>
            <translation>表格，%1 行</translation>
        </message>
    </context>
    <context>
        <name>TemplateEditor</name>
        <message>
            <source>Chat template</source>
            <translation>对话模板</translation>
        </message>
        <message>
            <source>Line %1: %2. Replies fail until this is mended.</source>
            <translation>第 %1 行：%2。修正之前无法生成回答。</translation>
        </message>
        <message>
            <source>Line %1: %2</source>
            <translation>第 %1 行：%2</translation>
        </message>
    </context>
    <context>
        <name>TemplateFindings</name>
        <message>
            <source>line %1</source>
            <translation>第 %1 行</translation>
        </message>
    </context>
    <context>
        <name>Theme</name>
        <message>
            <source>1 token</source>
            <translation>1 个词元</translation>
        </message>
        <message>
            <source>%1 tokens</source>
            <translation>%1 个词元</translation>
        </message>
    </context>
    <context>
        <name>WorkingDots</name>
        <message>
            <source>Working</source>
            <translation>处理中</translation>
        </message>
    </context>
    <context>
        <name>app::SamplingViewModel</name>
        <message>
            <source>Precise</source>
            <translation>精确</translation>
        </message>
        <message>
            <source>Balanced</source>
            <translation>均衡</translation>
        </message>
        <message>
            <source>Creative</source>
            <translation>创意</translation>
        </message>
        <message>
            <source>Model's own</source>
            <translation>模型自带</translation>
        </message>
    </context>
    <context>
        <name>main</name>
        <message>
            <source>Chat with a language model on this machine.</source>
            <translation>与本机上的语言模型对话。</translation>
        </message>
        <message>
            <source>Keep chats and settings in &lt;dir&gt;.</source>
            <translation>把对话和设置保存在 &lt;dir&gt;。</translation>
        </message>
        <message>
            <source>Load the model in the folder &lt;path&gt;.</source>
            <translation>加载文件夹 &lt;path&gt; 中的模型。</translation>
        </message>
        <message>
            <source>Never use the network.</source>
            <translation>从不使用网络。</translation>
        </message>
        <message>
            <source>Open the chat &lt;id&gt;.</source>
            <translation>打开对话 &lt;id&gt;。</translation>
        </message>
    </context>
</TS>
