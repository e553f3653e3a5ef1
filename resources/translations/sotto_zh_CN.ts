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
        <name>CardGrid</name>
        <message>
            <source>Recommended models</source>
            <translation>推荐的模型</translation>
        </message>
        <message>
            <source>Show fewer models</source>
            <translation>显示较少模型</translation>
        </message>
        <message numerus="yes">
            <source>Show all %n model(s)</source>
            <translation>
                <numerusform>显示全部 %n 个模型</numerusform>
            </translation>
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
            <source>Open a folder…</source>
            <translation>打开文件夹…</translation>
        </message>
        <message>
            <source>It shows how Sotto works and knows little beyond that. For real answers, get a real model once; it then runs on this computer alone.</source>
            <translation>它用来展示 Sotto 的用法，除此之外知道的很少。想得到真正的回答，请下载一个真正的模型，只需一次；之后它只在这台电脑上运行。</translation>
        </message>
        <message>
            <source>Downloading %1…</source>
            <translation>正在下载 %1…</translation>
        </message>
        <message>
            <source>Choose %1</source>
            <translation>选择 %1</translation>
        </message>
        <message>
            <source>Download %1, %2</source>
            <translation>下载 %1，%2</translation>
        </message>
        <message>
            <source>All models</source>
            <translation>所有模型</translation>
        </message>
    </context>
    <context>
        <name>DestinationMark</name>
        <message>
            <source>Text goes to %1, not encrypted</source>
            <translation>文字会发往 %1，未加密</translation>
        </message>
        <message>
            <source>Text goes to %1</source>
            <translation>文字会发往 %1</translation>
        </message>
    </context>
    <context>
        <name>DownloadLine</name>
        <message>
            <source>Move %1 up</source>
            <translation>上移 %1</translation>
        </message>
        <message>
            <source>Earlier in the queue</source>
            <translation>在队列中提前</translation>
        </message>
        <message>
            <source>Pause</source>
            <translation>暂停</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>重试</translation>
        </message>
        <message>
            <source>Resume</source>
            <translation>继续</translation>
        </message>
        <message>
            <source>Chat</source>
            <translation>对话</translation>
        </message>
        <message>
            <source>Dismiss</source>
            <translation>关闭</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
        <message>
            <source>Ends the download and deletes what came</source>
            <translation>结束下载并删除已下载的内容</translation>
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
        <name>HubRepoRow</name>
        <message>
            <source>Open</source>
            <translation>已展开</translation>
        </message>
        <message>
            <source>Closed</source>
            <translation>已折叠</translation>
        </message>
        <message>
            <source>terms to accept</source>
            <translation>需接受条款</translation>
        </message>
        <message>
            <source>%1 downloads</source>
            <translation>%1 次下载</translation>
        </message>
        <message>
            <source>Reading its list of files…</source>
            <translation>正在读取文件列表…</translation>
        </message>
        <message>
            <source>Its makers ask you to accept their terms on the hub's page first.</source>
            <translation>模型的制作者要求您先在模型站的页面上接受其条款。</translation>
        </message>
        <message>
            <source>Its makers ask you to accept their terms on the hub's page, and the hub then wants to know you by a token.</source>
            <translation>模型的制作者要求您在模型站的页面上接受其条款，之后模型站还需通过访问令牌确认您的身份。</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>重试</translation>
        </message>
        <message>
            <source>Open its page</source>
            <translation>打开其页面</translation>
        </message>
        <message>
            <source>Add a token…</source>
            <translation>添加访问令牌…</translation>
        </message>
        <message>
            <source>Installed</source>
            <translation>已安装</translation>
        </message>
        <message>
            <source>Downloading…</source>
            <translation>正在下载…</translation>
        </message>
        <message>
            <source>Download</source>
            <translation>下载</translation>
        </message>
    </context>
    <context>
        <name>HubSearchBox</name>
        <message>
            <source>Search models</source>
            <translation>搜索模型</translation>
        </message>
        <message>
            <source>Clear search</source>
            <translation>清除搜索</translation>
        </message>
        <message>
            <source>Searching…</source>
            <translation>正在搜索…</translation>
        </message>
        <message>
            <source>The hub has no model of that name that Sotto could run.</source>
            <translation>模型站上没有 Sotto 可以运行的同名模型。</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>重试</translation>
        </message>
        <message>
            <source>Models found</source>
            <translation>找到的模型</translation>
        </message>
    </context>
    <context>
        <name>ImportCard</name>
        <message>
            <source>Import</source>
            <translation>导入</translation>
        </message>
        <message>
            <source>Looking at its files…</source>
            <translation>正在查看其文件…</translation>
        </message>
        <message>
            <source>Use where it lies</source>
            <translation>在原位置使用</translation>
        </message>
        <message>
            <source>Nothing is copied</source>
            <translation>不复制任何内容</translation>
        </message>
        <message>
            <source>Copy in · %1</source>
            <translation>复制进来 · %1</translation>
        </message>
        <message>
            <source>A copy in the models folder, as it is</source>
            <translation>在模型文件夹中存一份原样副本</translation>
        </message>
        <message>
            <source>8-bit copy · about %1</source>
            <translation>8 位副本 · 约 %1</translation>
        </message>
        <message>
            <source>Answers as the original does, in about half the memory</source>
            <translation>回答与原模型一样，内存约占一半</translation>
        </message>
        <message>
            <source>4-bit copy · about %1</source>
            <translation>4 位副本 · 约 %1</translation>
        </message>
        <message>
            <source>The smallest and fastest; answers are a little worse</source>
            <translation>最小、最快；回答质量略有下降</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
    </context>
    <context>
        <name>InstalledRow</name>
        <message>
            <source>Actions for %1</source>
            <translation>“%1”的操作</translation>
        </message>
        <message>
            <source>Its files are not there any more: %1</source>
            <translation>其文件已不存在：%1</translation>
        </message>
        <message>
            <source>Licence: %1</source>
            <translation>许可证：%1</translation>
        </message>
        <message>
            <source>Uses the %1</source>
            <translation>使用 %1</translation>
        </message>
        <message>
            <source>Chat</source>
            <translation>对话</translation>
        </message>
        <message>
            <source>Chat template and sampling…</source>
            <translation>对话模板与采样…</translation>
        </message>
        <message>
            <source>Copy into the library</source>
            <translation>复制到模型库</translation>
        </message>
        <message>
            <source>Make an 8-bit copy</source>
            <translation>制作 8 位副本</translation>
        </message>
        <message>
            <source>Make a 4-bit copy</source>
            <translation>制作 4 位副本</translation>
        </message>
        <message>
            <source>Show in folder</source>
            <translation>在文件夹中显示</translation>
        </message>
        <message>
            <source>Take off the list</source>
            <translation>从列表中移除</translation>
        </message>
        <message>
            <source>Delete, frees %1</source>
            <translation>删除，可释放 %1</translation>
        </message>
        <message>
            <source>Delete</source>
            <translation>删除</translation>
        </message>
    </context>
    <context>
        <name>InstalledTable</name>
        <message>
            <source>Installed</source>
            <translation>已安装</translation>
        </message>
        <message>
            <source>Precision</source>
            <translation>精度</translation>
        </message>
        <message>
            <source>Size</source>
            <translation>大小</translation>
        </message>
        <message>
            <source>Context</source>
            <translation>上下文</translation>
        </message>
        <message>
            <source>Last used</source>
            <translation>上次使用</translation>
        </message>
        <message>
            <source>Known models</source>
            <translation>已知模型</translation>
        </message>
        <message>
            <source>Looking for models on this computer…</source>
            <translation>正在查找这台电脑上的模型…</translation>
        </message>
        <message>
            <source>No model is on this computer yet.</source>
            <translation>这台电脑上还没有模型。</translation>
        </message>
        <message>
            <source>Hide the models that Sotto cannot open</source>
            <translation>隐藏 Sotto 无法打开的模型</translation>
        </message>
        <message numerus="yes">
            <source>%n model(s) of other programs cannot be opened by Sotto</source>
            <translation>
                <numerusform>有 %n 个其他程序的模型无法用 Sotto 打开</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>JobLine</name>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
        <message>
            <source>Dismiss</source>
            <translation>关闭</translation>
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
            <source>The models folder is being moved.</source>
            <translation>正在移动模型文件夹。</translation>
        </message>
        <message>
            <source>Show the sidebar</source>
            <translation>显示侧边栏</translation>
        </message>
        <message>
            <source>This computer: %1.</source>
            <translation>这台电脑：%1。</translation>
        </message>
        <message>
            <source>Network settings</source>
            <translation>网络设置</translation>
        </message>
        <message>
            <source>Downloads</source>
            <translation>下载</translation>
        </message>
        <message>
            <source>Import a folder or GGUF…</source>
            <translation>导入文件夹或 GGUF…</translation>
        </message>
        <message>
            <source>Import</source>
            <translation>导入</translation>
        </message>
        <message>
            <source>Unfinished downloads take up %1.</source>
            <translation>未完成的下载占用 %1。</translation>
        </message>
        <message>
            <source>Search the hub</source>
            <translation>搜索模型站</translation>
        </message>
        <message>
            <source>A folder…</source>
            <translation>文件夹…</translation>
        </message>
        <message>
            <source>A GGUF file…</source>
            <translation>GGUF 文件…</translation>
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
        <name>ModelCard</name>
        <message>
            <source>Recommended</source>
            <translation>推荐</translation>
        </message>
        <message>
            <source>Chat</source>
            <translation>对话</translation>
        </message>
        <message>
            <source>Downloading…</source>
            <translation>正在下载…</translation>
        </message>
        <message>
            <source>Try again</source>
            <translation>重试</translation>
        </message>
        <message>
            <source>Download</source>
            <translation>下载</translation>
        </message>
        <message>
            <source>Other precisions of %1</source>
            <translation>%1 的其他精度</translation>
        </message>
        <message>
            <source>best here</source>
            <translation>最适合本机</translation>
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
        <message>
            <source>%1 rests</source>
            <translation>%1 休眠中</translation>
        </message>
        <message>
            <source>Rests; the next message loads it</source>
            <translation>休眠中；发送下一条消息时会加载</translation>
        </message>
        <message>
            <source>Model on another machine: %1. Text goes to %2</source>
            <translation>其他机器上的模型：%1。文字会发往 %2</translation>
        </message>
        <message>
            <source>Text goes to %1</source>
            <translation>文字会发往 %1</translation>
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
        <message>
            <source>Import the folder of a model</source>
            <translation>导入模型文件夹</translation>
        </message>
        <message>
            <source>Import the file of a model</source>
            <translation>导入模型文件</translation>
        </message>
        <message>
            <source>Move the models folder to</source>
            <translation>将模型文件夹移动到</translation>
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
        <message>
            <source>On other machines</source>
            <translation>在其他机器上</translation>
        </message>
        <message>
            <source>Models on other machines</source>
            <translation>其他机器上的模型</translation>
        </message>
    </context>
    <context>
        <name>ModelSettings</name>
        <message>
            <source>Models</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>Models folder</source>
            <translation>模型文件夹</translation>
        </message>
        <message>
            <source>Move…</source>
            <translation>移动…</translation>
        </message>
        <message>
            <source>Move the models folder</source>
            <translation>移动模型文件夹</translation>
        </message>
        <message>
            <source>Keep the model in memory</source>
            <translation>将模型保留在内存中</translation>
        </message>
        <message>
            <source>Always</source>
            <translation>始终</translation>
        </message>
        <message numerus="yes">
            <source>%n minute(s)</source>
            <translation>
                <numerusform>%n 分钟</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n hour(s)</source>
            <translation>
                <numerusform>%n 小时</numerusform>
            </translation>
        </message>
        <message>
            <source>After so long without a message the memory is given back. The next message loads the model again by itself.</source>
            <translation>超过这段时间没有消息，就会释放内存。发送下一条消息时，模型会自动重新加载。</translation>
        </message>
    </context>
    <context>
        <name>NetworkSettings</name>
        <message>
            <source>Network</source>
            <translation>网络</translation>
        </message>
        <message>
            <source>Stay offline</source>
            <translation>保持离线</translation>
        </message>
        <message>
            <source>Model hub</source>
            <translation>模型站</translation>
        </message>
        <message>
            <source>Address of the model hub</source>
            <translation>模型站的地址</translation>
        </message>
        <message>
            <source>Proxy</source>
            <translation>代理</translation>
        </message>
        <message>
            <source>that of the system</source>
            <translation>使用系统代理</translation>
        </message>
        <message>
            <source>http://host:port or socks5://host:port; “none” for no proxy.</source>
            <translation>http://host:port 或 socks5://host:port；“none”表示不使用代理。</translation>
        </message>
        <message>
            <source>Download speed</source>
            <translation>下载速度</translation>
        </message>
        <message>
            <source>Unlimited</source>
            <translation>不限</translation>
        </message>
        <message>
            <source>%1 MB/s</source>
            <translation>%1 MB/s</translation>
        </message>
        <message>
            <source>Access token</source>
            <translation>访问令牌</translation>
        </message>
        <message>
            <source>for models with terms to accept</source>
            <translation>用于需接受条款的模型</translation>
        </message>
        <message>
            <source>Keep</source>
            <translation>保存</translation>
        </message>
        <message>
            <source>Keep the token</source>
            <translation>保存访问令牌</translation>
        </message>
        <message>
            <source>Remove</source>
            <translation>移除</translation>
        </message>
        <message>
            <source>Remove the token</source>
            <translation>移除访问令牌</translation>
        </message>
        <message>
            <source>It is sent to %1 only, and kept in the system's keychain where there is one.</source>
            <translation>它只会发送给 %1；如果系统有钥匙串，则保存在其中。</translation>
        </message>
        <message>
            <source>Nothing is searched, nothing is downloaded, and models on other machines are not asked. Chats with models on this computer never use the network.</source>
            <translation>不搜索，不下载，也不询问其他机器上的模型。与本机模型的对话从不使用网络。</translation>
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
        <message>
            <source>The server makes the prompt; its template is not known here. The system prompt goes to it as the first message of the chat.</source>
            <translation>提示词由服务器生成，这里不知道它的模板。系统提示词会作为对话的第一条消息发给它。</translation>
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
        <name>RemoteChoice</name>
        <message>
            <source>Text goes to %1</source>
            <translation>文字会发往 %1</translation>
        </message>
    </context>
    <context>
        <name>RemoteForm</name>
        <message>
            <source>Add a model on another machine</source>
            <translation>添加其他机器上的模型</translation>
        </message>
        <message>
            <source>Change %1</source>
            <translation>修改 %1</translation>
        </message>
        <message>
            <source>Address</source>
            <translation>地址</translation>
        </message>
        <message>
            <source>Address of the server</source>
            <translation>服务器地址</translation>
        </message>
        <message>
            <source>Testing…</source>
            <translation>正在测试…</translation>
        </message>
        <message>
            <source>Test</source>
            <translation>测试</translation>
        </message>
        <message>
            <source>Asks the server for its models; nothing else is sent</source>
            <translation>向服务器询问它有哪些模型，不发送其他内容</translation>
        </message>
        <message>
            <source>The server answers, and names no model.</source>
            <translation>服务器有响应，但没有列出模型。</translation>
        </message>
        <message numerus="yes">
            <source>The server answers, with %n model(s).</source>
            <translation>
                <numerusform>服务器有响应，有 %n 个模型。</numerusform>
            </translation>
        </message>
        <message>
            <source>This address is not encrypted: whoever is on the network between can read your chats and the key.</source>
            <translation>此地址未加密：途经网络上的任何人都能读到你的对话和密钥。</translation>
        </message>
        <message>
            <source>Send them unencrypted all the same</source>
            <translation>仍然不加密发送</translation>
        </message>
        <message>
            <source>Key</source>
            <translation>密钥</translation>
        </message>
        <message>
            <source>Key of the server</source>
            <translation>服务器的密钥</translation>
        </message>
        <message>
            <source>There is one; type another to replace it</source>
            <translation>已有密钥；输入另一个可替换它</translation>
        </message>
        <message>
            <source>only where the server asks for one</source>
            <translation>仅在服务器要求时需要</translation>
        </message>
        <message>
            <source>Remove the key</source>
            <translation>删除密钥</translation>
        </message>
        <message>
            <source>It is sent to this server only, and kept in the system's keychain where there is one.</source>
            <translation>它只发给这台服务器；系统有密钥环时保存在其中。</translation>
        </message>
        <message>
            <source>Model</source>
            <translation>模型</translation>
        </message>
        <message>
            <source>The server's name for the model</source>
            <translation>服务器上的模型名称</translation>
        </message>
        <message>
            <source>Choose one below</source>
            <translation>在下面选择一个</translation>
        </message>
        <message>
            <source>Test the address to choose one, or type its name</source>
            <translation>测试地址后选择一个，或输入它的名称</translation>
        </message>
        <message>
            <source>Models of the server</source>
            <translation>服务器上的模型</translation>
        </message>
        <message>
            <source>These are the first %1 of %2; any other can be typed.</source>
            <translation>这里是 %2 个中的前 %1 个；其他的可以直接输入名称。</translation>
        </message>
        <message>
            <source>Name in Sotto</source>
            <translation>在 Sotto 中的名称</translation>
        </message>
        <message>
            <source>as the server calls it</source>
            <translation>与服务器上的名称相同</translation>
        </message>
        <message>
            <source>Add</source>
            <translation>添加</translation>
        </message>
        <message>
            <source>Keep</source>
            <translation>保留</translation>
        </message>
        <message>
            <source>Add the model</source>
            <translation>添加模型</translation>
        </message>
        <message>
            <source>Keep the changes</source>
            <translation>保留更改</translation>
        </message>
        <message>
            <source>Cancel</source>
            <translation>取消</translation>
        </message>
    </context>
    <context>
        <name>RemoteRow</name>
        <message>
            <source>Text goes to %1, a server on this computer</source>
            <translation>文字会发往 %1，即本机上的服务器</translation>
        </message>
        <message>
            <source>Text leaves this computer: it goes to %1, encrypted</source>
            <translation>文字会离开本机：加密发往 %1</translation>
        </message>
        <message>
            <source>Text leaves this computer: it goes to %1, not encrypted</source>
            <translation>文字会离开本机：未加密发往 %1</translation>
        </message>
        <message>
            <source>It reads %1 at once.</source>
            <translation>一次可读 %1。</translation>
        </message>
        <message>
            <source>Chat</source>
            <translation>对话</translation>
        </message>
        <message>
            <source>Edit</source>
            <translation>编辑</translation>
        </message>
        <message>
            <source>Remove</source>
            <translation>移除</translation>
        </message>
    </context>
    <context>
        <name>RemoteSection</name>
        <message>
            <source>On other machines</source>
            <translation>在其他机器上</translation>
        </message>
        <message>
            <source>Models on other machines</source>
            <translation>其他机器上的模型</translation>
        </message>
        <message>
            <source>A model too large for this computer can answer from a server of yours: any that speaks OpenAI's protocol, such as vLLM, SGLang, FastDeploy or llama.cpp. What you write to it leaves this computer, and the window says so all the time.</source>
            <translation>本机装不下的模型可以由你的服务器来回答：凡支持 OpenAI 协议的都可以，例如 vLLM、SGLang、FastDeploy 或 llama.cpp。你写给它的内容会离开本机，窗口会一直标明这一点。</translation>
        </message>
        <message>
            <source>Add a model on another machine…</source>
            <translation>添加其他机器上的模型…</translation>
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
        <message>
            <source>Scope</source>
            <translation>适用范围</translation>
        </message>
        <message>
            <source>Everywhere</source>
            <translation>全部模型</translation>
        </message>
        <message>
            <source>What is chosen here holds for all models that have nothing of their own.</source>
            <translation>这里的选择用于所有没有自己设置的模型。</translation>
        </message>
        <message>
            <source>This model</source>
            <translation>本模型</translation>
        </message>
        <message>
            <source>What is chosen here holds for all chats with %1.</source>
            <translation>这里的选择用于所有使用 %1 的对话。</translation>
        </message>
        <message>
            <source>The loaded model has settings of its own and keeps them.</source>
            <translation>已加载的模型有自己的设置并会保留。</translation>
        </message>
        <message>
            <source>Changes hold from the next reply on. What is not changed, the server decides. Top-k, min-p and repetition penalty are not part of the protocol: a server that does not take them is asked without them, and Sotto says so.</source>
            <translation>更改从下一条回复起生效。没有更改的由服务器决定。Top-k、min-p 和重复惩罚不属于该协议：服务器不接受时会不带它们重新询问，Sotto 会说明。</translation>
        </message>
        <message>
            <source>Back to what the server decides</source>
            <translation>恢复为由服务器决定</translation>
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
            <source>Chats, settings and models stay on this computer; Sotto sends nothing about you and asks a model hub only when you search or download. What you write leaves it only in a chat with a model on another machine that you added. Free software under the Apache License 2.0.</source>
            <translation>对话、设置和模型都留在本机；Sotto 不发送任何关于你的信息，只在你搜索或下载时访问模型站点。只有在与你添加的其他机器上的模型对话时，你写的内容才会离开本机。本软件是依 Apache 许可证 2.0 发布的自由软件。</translation>
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
        <message numerus="yes">
            <source>%n download(s), %1 %</source>
            <translation>
                <numerusform>%n 个下载，%1 %</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>SidebarEntry</name>
        <message>
            <source>Downloads</source>
            <translation>下载</translation>
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
        <name>VerdictLine</name>
        <message>
            <source>Fits.</source>
            <translation>合适。</translation>
        </message>
        <message>
            <source>Tight.</source>
            <translation>勉强够用。</translation>
        </message>
        <message>
            <source>Too large.</source>
            <translation>太大。</translation>
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
        <name>app</name>
        <message>
            <source>Sotto does not read the number format %1; take a file in Q4_K_M or Q8_0.</source>
            <translation>Sotto 无法读取数字格式 %1；请选用 Q4_K_M 或 Q8_0 的文件。</translation>
        </message>
        <message>
            <source>Parts of this model are missing on the hub.</source>
            <translation>模型站上缺少此模型的部分文件。</translation>
        </message>
        <message>
            <source>There is no config.json beside the weights, so nothing says what they are.</source>
            <translation>权重旁边没有 config.json，无法得知这是什么模型。</translation>
        </message>
        <message>
            <source>There is no tokenizer beside the weights, so no text can be read or written.</source>
            <translation>权重旁边没有分词器，无法读写文本。</translation>
        </message>
        <message>
            <source>It is a %1 model; Sotto runs ERNIE 4.5 and GLM-4-0414.</source>
            <translation>这是 %1 模型；Sotto 可运行 ERNIE 4.5 和 GLM-4-0414。</translation>
        </message>
        <message>
            <source>It is not known yet what it needs.</source>
            <translation>尚不清楚它需要多少资源。</translation>
        </message>
        <message>
            <source>It needs about %1 of memory</source>
            <translation>约需 %1 内存</translation>
        </message>
        <message>
            <source>It needs %1 of memory</source>
            <translation>需要 %1 内存</translation>
        </message>
        <message>
            <source>%1, which %2 has.</source>
            <translation>%1，%2 足以满足。</translation>
        </message>
        <message>
            <source>%1, this machine has %2: the disk would be read for every word.</source>
            <translation>%1，这台电脑只有 %2：每写一个词都要读取磁盘。</translation>
        </message>
        <message>
            <source>%1, %2 of %3 is free now: close other programs first.</source>
            <translation>%1，目前 %3 中有 %2 可用：请先关闭其他程序。</translation>
        </message>
        <message>
            <source>%1 of %2: little is left for other programs.</source>
            <translation>%1，共有 %2：留给其他程序的内存很少。</translation>
        </message>
        <message>
            <source>%1 of %2.</source>
            <translation>%1，共有 %2。</translation>
        </message>
        <message>
            <source>It writes at most %1 tokens a second here.</source>
            <translation>在这台电脑上每秒最多书写 %1 个词元。</translation>
        </message>
        <message>
            <source>The header could not be read: %1</source>
            <translation>无法读取文件头：%1</translation>
        </message>
    </context>
    <context>
        <name>app::AppRoot</name>
        <message>
            <source>Models are being downloaded into the folder; pause the downloads, then move it.</source>
            <translation>正在向此文件夹下载模型；请先暂停下载，再移动文件夹。</translation>
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
        <name>app::ChoiceRow</name>
        <message>
            <source>about %1</source>
            <translation>约 %1</translation>
        </message>
        <message>
            <source>as published</source>
            <translation>原始版本</translation>
        </message>
    </context>
    <context>
        <name>app::CompletionStream</name>
        <message>
            <source>%1 sends an endless answer that is no stream.</source>
            <translation>%1 发来的回答没有尽头，也不是流。</translation>
        </message>
        <message>
            <source>%1 sends lines that never end: that is no answer of this protocol.</source>
            <translation>%1 发来没有尽头的行：这不是该协议的回答。</translation>
        </message>
        <message>
            <source>%1 wrote more than %2 characters; the rest was not waited for.</source>
            <translation>%1 写了超过 %2 个字符；其余部分不再等待。</translation>
        </message>
        <message>
            <source>%1 sends what is no answer of this protocol: is the address right?</source>
            <translation>%1 发来的不是该协议的回答：地址对吗？</translation>
        </message>
        <message>
            <source>%1 ended in the middle of its answer.</source>
            <translation>%1 的回答中途断了。</translation>
        </message>
        <message>
            <source>%1 ended before it wrote anything: the conversation may be too long for it, and its own log may say why.</source>
            <translation>%1 还没写出内容就结束了：对话可能对它太长，它自己的日志或许会说明原因。</translation>
        </message>
        <message>
            <source>%1 does not take these settings, so they were left out: %2.</source>
            <translation>%1 不接受这些设置，因此没有发送：%2。</translation>
        </message>
        <message numerus="yes">
            <source>%n second(s)</source>
            <translation>
                <numerusform>%n 秒</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n minute(s)</source>
            <translation>
                <numerusform>%n 分钟</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n hour(s)</source>
            <translation>
                <numerusform>%n 小时</numerusform>
            </translation>
        </message>
        <message>
            <source>The conversation and the reply asked for are longer than %1 can read (status %2): start a new chat, or limit the length of replies.</source>
            <translation>对话加上要求的回复超出了 %1 能读的长度（状态 %2）：请新建对话，或限制回复长度。</translation>
        </message>
        <message>
            <source>%1 does not take the question (status %2).</source>
            <translation>%1 不接受这个请求（状态 %2）。</translation>
        </message>
        <message>
            <source>%1 does not accept the key (status 401): enter another one for it.</source>
            <translation>%1 不接受该密钥（状态 401）：请为它输入另一个。</translation>
        </message>
        <message>
            <source>%1 wants a key (status 401): enter the one that you have for it.</source>
            <translation>%1 需要密钥（状态 401）：请输入你的密钥。</translation>
        </message>
        <message>
            <source>%1 wants to be paid first (status 402): look at your account there.</source>
            <translation>%1 要求先付费（状态 402）：请查看你在那里的账户。</translation>
        </message>
        <message>
            <source>%1 does not let you use this (status 403): the key may not be good for it.</source>
            <translation>%1 不允许你使用（状态 403）：密钥可能没有权限。</translation>
        </message>
        <message>
            <source>%1 has nothing at this address (status 404): most servers want it to end with /v1.</source>
            <translation>%1 在此地址没有内容（状态 404）：多数服务器的地址以 /v1 结尾。</translation>
        </message>
        <message>
            <source>%1 has no model "%2" at this address (status 404): test the address, and choose one that it names.</source>
            <translation>%1 在此地址没有模型“%2”（状态 404）：请测试地址，并从它列出的模型中选择。</translation>
        </message>
        <message>
            <source>%1 finds the conversation too long (status 413): start a new chat to go on.</source>
            <translation>%1 认为对话太长（状态 413）：请新建对话继续。</translation>
        </message>
        <message>
            <source>%1 is asked too often (status 429) and wants a pause of %2.</source>
            <translation>对 %1 的请求太频繁（状态 429），它要求等待 %2。</translation>
        </message>
        <message>
            <source>%1 is asked too often (status 429): try again later.</source>
            <translation>对 %1 的请求太频繁（状态 429）：请稍后再试。</translation>
        </message>
        <message>
            <source>%1 is busy or still starting (status 503) and wants a pause of %2.</source>
            <translation>%1 正忙或仍在启动（状态 503），它要求等待 %2。</translation>
        </message>
        <message>
            <source>%1 is busy or still starting (status 503): try again later.</source>
            <translation>%1 正忙或仍在启动（状态 503）：请稍后再试。</translation>
        </message>
        <message>
            <source>%1 is out of order (status %2): try again later.</source>
            <translation>%1 出了故障（状态 %2）：请稍后再试。</translation>
        </message>
        <message>
            <source>%1 gave no answer but status %2: is the address right?</source>
            <translation>%1 没有回答，只给出状态 %2：地址对吗？</translation>
        </message>
        <message>
            <source>The conversation and the reply asked for are longer than %1 can read: start a new chat, or limit the length of replies.</source>
            <translation>对话加上要求的回复超出了 %1 能读的长度：请新建对话，或限制回复长度。</translation>
        </message>
        <message>
            <source>%1 gave up in the middle of the answer.</source>
            <translation>%1 在回答中途放弃了。</translation>
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
        <name>app::Download</name>
        <message>
            <source>The models folder has a %1 already: delete or rename that one first, or cancel this download.</source>
            <translation>模型文件夹中已有 %1：请先将其删除或重命名，或者取消此下载。</translation>
        </message>
        <message>
            <source>%1 GB are still to come and %2 GB are free on the disk, of which %3 GB are kept free: free some space, then resume.</source>
            <translation>还需下载 %1 GB，磁盘可用空间为 %2 GB，其中 %3 GB 须保留：请先腾出一些空间，再继续下载。</translation>
        </message>
        <message>
            <source>%1 It was fetched %2 times. Look the model up again, or report it to those who publish it.</source>
            <translation>%1 该文件已下载 %2 次。请重新查找该模型，或向发布者报告。</translation>
        </message>
    </context>
    <context>
        <name>app::DownloadPlan</name>
        <message>
            <source>its address is none of the web</source>
            <translation>其地址不是有效的网址</translation>
        </message>
        <message>
            <source>its size is none</source>
            <translation>其大小无效</translation>
        </message>
        <message>
            <source>its checksum is none</source>
            <translation>其校验和无效</translation>
        </message>
        <message>
            <source>"%1" cannot be the name of a model's folder.</source>
            <translation>“%1”不能用作模型文件夹的名称。</translation>
        </message>
        <message>
            <source>%1 has %2 files; a download has 1 to %3.</source>
            <translation>%1 有 %2 个文件；一次下载只能有 1 到 %3 个。</translation>
        </message>
        <message>
            <source>The hub names a file "%1", which cannot be stored below the model's folder: the download is refused.</source>
            <translation>模型站提供的文件名“%1”无法存放在模型文件夹之下：已拒绝下载。</translation>
        </message>
        <message>
            <source>The file %1 cannot be fetched: %2.</source>
            <translation>无法获取文件 %1：%2。</translation>
        </message>
        <message>
            <source>The files of %1 come from several servers: the download is refused.</source>
            <translation>%1 的文件来自多个服务器，已拒绝下载。</translation>
        </message>
        <message>
            <source>Two files of the hub would be stored as %1: the download is refused.</source>
            <translation>模型站上有两个文件会保存为同一个 %1，已拒绝下载。</translation>
        </message>
        <message>
            <source>A file of the hub has the name of a folder beside it: the download is refused.</source>
            <translation>模型站上有一个文件与旁边的文件夹同名，已拒绝下载。</translation>
        </message>
        <message>
            <source>it is damaged, or was written by another version of Sotto</source>
            <translation>它已损坏，或由其他版本的 Sotto 写入</translation>
        </message>
    </context>
    <context>
        <name>app::DownloadQueue</name>
        <message>
            <source>%1 is being downloaded already.</source>
            <translation>%1 已经在下载了。</translation>
        </message>
        <message>
            <source>What is left of this download cannot be understood any more: delete it, and download anew.</source>
            <translation>这个下载留下的内容已无法识别：请删除它，然后重新下载。</translation>
        </message>
        <message>
            <source>%1 of %2</source>
            <translation>%1 / %2</translation>
        </message>
        <message>
            <source>Waiting · %1</source>
            <translation>等待中 · %1</translation>
        </message>
        <message>
            <source>Paused · %1</source>
            <translation>已暂停 · %1</translation>
        </message>
        <message>
            <source>Checking · %1 %</source>
            <translation>正在检查 · %1 %</translation>
        </message>
        <message>
            <source>Stopped · %1</source>
            <translation>已停止 · %1</translation>
        </message>
        <message>
            <source>Complete · %1</source>
            <translation>已完成 · %1</translation>
        </message>
        <message>
            <source>%1/s</source>
            <translation>%1/秒</translation>
        </message>
        <message>
            <source>less than a minute left</source>
            <translation>剩余不到一分钟</translation>
        </message>
        <message numerus="yes">
            <source>%n minutes left</source>
            <translation>
                <numerusform>剩余 %n 分钟</numerusform>
            </translation>
        </message>
        <message numerus="yes">
            <source>%n hours left</source>
            <translation>
                <numerusform>剩余 %n 小时</numerusform>
            </translation>
        </message>
    </context>
    <context>
        <name>app::DownloadRunner</name>
        <message>
            <source>Another program is downloading into %1: nothing can be downloaded there until it ends.</source>
            <translation>另一个程序正在向 %1 下载：在它结束之前，无法下载到那里。</translation>
        </message>
        <message>
            <source>Locking %1 failed</source>
            <translation>锁定 %1 失败</translation>
        </message>
        <message>
            <source>Nothing can be stored in %1.</source>
            <translation>无法在 %1 中保存任何内容。</translation>
        </message>
    </context>
    <context>
        <name>app::EndpointCheck</name>
        <message>
            <source>The answer is no list of models: is the address right? Most servers want it to end with /v1.</source>
            <translation>收到的不是模型列表：地址对吗？多数服务器的地址以 /v1 结尾。</translation>
        </message>
        <message>
            <source>The server answers, but it has no model.</source>
            <translation>服务器有响应，但没有模型。</translation>
        </message>
    </context>
    <context>
        <name>app::FileCheck</name>
        <message>
            <source>%1 arrived damaged: %2.</source>
            <translation>收到的 %1 已损坏：%2。</translation>
        </message>
        <message>
            <source>it has %1 bytes instead of %2</source>
            <translation>它有 %1 字节，而应有 %2 字节</translation>
        </message>
        <message>
            <source>Reading %1 failed</source>
            <translation>读取 %1 失败</translation>
        </message>
        <message>
            <source>its SHA-256 is not the one that the hub tells</source>
            <translation>它的 SHA-256 与模型站给出的不一致</translation>
        </message>
        <message>
            <source>its git hash is not the one that the hub tells</source>
            <translation>它的 git 哈希与模型站给出的不一致</translation>
        </message>
    </context>
    <context>
        <name>app::FileCopy</name>
        <message>
            <source>the disk is full</source>
            <translation>磁盘已满</translation>
        </message>
        <message>
            <source>%1 could not be copied because it cannot be read: %2.</source>
            <translation>无法复制 %1，因为无法读取它：%2。</translation>
        </message>
        <message>
            <source>%1 could not be written: %2. Make room or choose another folder, and try again.</source>
            <translation>无法写入 %1：%2。请腾出空间或选择其他文件夹，然后重试。</translation>
        </message>
        <message>
            <source>%1 is no file that can be copied.</source>
            <translation>%1 不是可以复制的文件。</translation>
        </message>
        <message>
            <source>%1 changed while it was being copied; try again when it is complete.</source>
            <translation>%1 在复制过程中发生了变化；请等它完整后再试。</translation>
        </message>
    </context>
    <context>
        <name>app::FileTransfer</name>
        <message>
            <source>%1 is another one on the hub than the one that was chosen: look the model up again.</source>
            <translation>模型站上的 %1 已不是当初选择的那个：请重新查找该模型。</translation>
        </message>
        <message>
            <source>%1 has changed on the server.</source>
            <translation>服务器上的 %1 已更改。</translation>
        </message>
        <message>
            <source>The server's answer for %1 does not fit the question.</source>
            <translation>服务器对 %1 的回应与请求不符。</translation>
        </message>
        <message>
            <source>The server sends %1 only as a whole.</source>
            <translation>服务器只能整个发送 %1。</translation>
        </message>
        <message>
            <source>The server does not tell the version of %1.</source>
            <translation>服务器没有给出 %1 的版本。</translation>
        </message>
        <message>
            <source>The server does not say how long %1 is.</source>
            <translation>服务器没有给出 %1 的大小。</translation>
        </message>
        <message>
            <source>%1 should have %2 bytes and has %3 on the server.</source>
            <translation>%1 应有 %2 字节，而服务器上有 %3 字节。</translation>
        </message>
        <message>
            <source>Making room for the %1 bytes of %2 failed</source>
            <translation>为 %2 预留 %1 字节的空间失败</translation>
        </message>
        <message>
            <source>The server sent more of %1 than it has.</source>
            <translation>服务器发送的内容超出了 %1 的大小。</translation>
        </message>
        <message>
            <source>%1 ended early.</source>
            <translation>%1 提前结束。</translation>
        </message>
        <message>
            <source>Fetching %1 failed. %2</source>
            <translation>获取 %1 失败。%2</translation>
        </message>
    </context>
    <context>
        <name>app::Folder</name>
        <message>
            <source>Deleting %1 failed</source>
            <translation>删除 %1 失败</translation>
        </message>
        <message>
            <source>Making sure that %1 is on the disk failed</source>
            <translation>无法确保 %1 已写入磁盘</translation>
        </message>
        <message>
            <source>%1: the disk is full. Free some space, then resume.</source>
            <translation>%1：磁盘已满。请释放一些空间，然后继续。</translation>
        </message>
        <message>
            <source>%1: your share of the disk is used up. Free some space, then resume.</source>
            <translation>%1：您的磁盘配额已用完。请释放一些空间，然后继续。</translation>
        </message>
        <message>
            <source>%1: files there cannot get that large.</source>
            <translation>%1：那里不支持这么大的文件。</translation>
        </message>
        <message>
            <source>%1: it may not be written to. Allow that, or choose another models folder.</source>
            <translation>%1：没有写入权限。请允许写入，或选择其他模型文件夹。</translation>
        </message>
        <message>
            <source>%1: a link or a file stands where a folder is expected, and links are not followed there.</source>
            <translation>%1：应为文件夹的位置是一个链接或文件，而那里的链接不会被跟随。</translation>
        </message>
        <message>
            <source>%1: %2.</source>
            <translation>%1：%2。</translation>
        </message>
        <message>
            <source>Opening the folder %1 failed</source>
            <translation>打开文件夹 %1 失败</translation>
        </message>
        <message>
            <source>Creating the folder %1 failed</source>
            <translation>创建文件夹 %1 失败</translation>
        </message>
        <message>
            <source>Opening %1 for writing failed</source>
            <translation>无法打开 %1 进行写入</translation>
        </message>
        <message>
            <source>Opening %1 failed</source>
            <translation>打开 %1 失败</translation>
        </message>
        <message>
            <source>Reading %1 failed</source>
            <translation>读取 %1 失败</translation>
        </message>
        <message>
            <source>Writing %1 failed</source>
            <translation>写入 %1 失败</translation>
        </message>
        <message>
            <source>Moving %1 into place failed</source>
            <translation>无法将 %1 移动到位</translation>
        </message>
        <message>
            <source>Asking for the free space of %1 failed</source>
            <translation>查询 %1 的可用空间失败</translation>
        </message>
        <message>
            <source>Making room for %1 failed</source>
            <translation>为 %1 预留空间失败</translation>
        </message>
    </context>
    <context>
        <name>app::HeaderCheck</name>
        <message>
            <source>it has no header</source>
            <translation>它没有文件头</translation>
        </message>
        <message>
            <source>its header cannot be read</source>
            <translation>无法读取它的文件头</translation>
        </message>
        <message>
            <source>its tensor %1 ends behind the file's end</source>
            <translation>它的张量 %1 超出了文件末尾</translation>
        </message>
        <message>
            <source>its tensors need %1 bytes and the file has %2</source>
            <translation>它的张量需要 %1 字节，而文件只有 %2 字节</translation>
        </message>
        <message>
            <source>it is no GGUF file</source>
            <translation>它不是 GGUF 文件</translation>
        </message>
    </context>
    <context>
        <name>app::HeaderFetch</name>
        <message>
            <source>The header could not be stored in the temporary folder %1: %2.</source>
            <translation>无法将文件头保存到临时文件夹 %1：%2。</translation>
        </message>
        <message numerus="yes">
            <source>The model has %n file(s), too many to look at.</source>
            <translation>
                <numerusform>该模型有 %n 个文件，太多，无法查看。</numerusform>
            </translation>
        </message>
        <message>
            <source>The hub does not say how long its files are.</source>
            <translation>模型站没有给出它的文件大小。</translation>
        </message>
        <message>
            <source>%1 is too long to look at before the download.</source>
            <translation>%1 太大，无法在下载前查看。</translation>
        </message>
        <message>
            <source>%1 is empty on the hub.</source>
            <translation>模型站上的 %1 是空的。</translation>
        </message>
        <message>
            <source>The header is longer than %1.</source>
            <translation>文件头超过 %1。</translation>
        </message>
        <message>
            <source>%1 is not as long as the hub's list of files says; look at the model again.</source>
            <translation>%1 的大小与模型站的文件列表不符；请重新查看该模型。</translation>
        </message>
        <message>
            <source>%1 is too short for a safetensors file.</source>
            <translation>%1 太短，不是有效的 safetensors 文件。</translation>
        </message>
        <message>
            <source>%1 is damaged on the hub: its header would be longer than the file.</source>
            <translation>模型站上的 %1 已损坏：它的文件头比文件还长。</translation>
        </message>
        <message>
            <source>%1 is not a GGUF file.</source>
            <translation>%1 不是 GGUF 文件。</translation>
        </message>
    </context>
    <context>
        <name>app::HttpGet</name>
        <message>
            <source>%1 ("%2")</source>
            <translation>%1（“%2”）</translation>
        </message>
        <message>
            <source>%1 asks who is there (status 401): store an access token of the hub in the settings.</source>
            <translation>%1 要求验证身份（状态码 401）：请在设置中保存模型站的访问令牌。</translation>
        </message>
        <message>
            <source>%1 does not give it out (status 403): if the model has terms, accept them on its page and store an access token.</source>
            <translation>%1 不予提供（状态码 403）：如果该模型有使用条款，请在其页面上接受，并保存访问令牌。</translation>
        </message>
        <message>
            <source>%1 does not exist there any more (status %2): look the model up again.</source>
            <translation>%1 已不存在（状态码 %2）：请重新查找该模型。</translation>
        </message>
        <message>
            <source>%1 has no such part (status 416): the file there has changed, or the server is at fault.</source>
            <translation>%1 没有所请求的部分（状态码 416）：那里的文件已更改，或服务器有误。</translation>
        </message>
        <message>
            <source>%1 is asked too often (status 429): try again later.</source>
            <translation>%1 收到的请求过于频繁（状态码 429）：请稍后再试。</translation>
        </message>
        <message>
            <source>%1 is out of order (status %2): try again later.</source>
            <translation>%1 出现故障（状态码 %2）：请稍后再试。</translation>
        </message>
        <message>
            <source>%1 gave no file but status %2.</source>
            <translation>%1 没有返回文件，而是返回了状态码 %2。</translation>
        </message>
        <message>
            <source>The proxy does not lead to %1 (%2): check it in the settings.</source>
            <translation>代理无法连接到 %1（%2）：请在设置中检查代理。</translation>
        </message>
        <message>
            <source>%1 cannot be reached (%2).</source>
            <translation>无法连接到 %1（%2）。</translation>
        </message>
        <message>
            <source>No safe connection to %1 (%2): nothing was sent. Is the clock right, or is somebody in between?</source>
            <translation>无法与 %1 建立安全连接（%2）：没有发送任何内容。请检查时钟是否正确，或连接是否被人截取。</translation>
        </message>
        <message>
            <source>%1 sends more than the %2 bytes that are taken.</source>
            <translation>%1 发送的内容超过了可接受的 %2 字节。</translation>
        </message>
        <message>
            <source>it is no valid address</source>
            <translation>它不是有效的地址</translation>
        </message>
        <message>
            <source>only https is used</source>
            <translation>只使用 https</translation>
        </message>
        <message>
            <source>plain http is not safe there</source>
            <translation>在那里使用普通 http 不安全</translation>
        </message>
        <message>
            <source>%1 is not asked: %2.</source>
            <translation>不会访问 %1：%2。</translation>
        </message>
        <message>
            <source>a safe connection is not left for an unsafe one</source>
            <translation>不会从安全连接转到不安全的连接</translation>
        </message>
        <message>
            <source>%1 leads to %2, which is not asked: %3.</source>
            <translation>%1 转到 %2，但不会访问后者：%3。</translation>
        </message>
        <message>
            <source>%1 leads on and on, more than %2 times.</source>
            <translation>%1 不断转向，超过了 %2 次。</translation>
        </message>
        <message>
            <source>%1 sent compressed bytes where the file itself was asked for.</source>
            <translation>请求的是文件本身，%1 却发送了压缩后的数据。</translation>
        </message>
        <message>
            <source>%1 sent another part of the file than the one asked for (%2).</source>
            <translation>%1 发送的不是所请求的那部分文件（%2）。</translation>
        </message>
        <message>
            <source>%1 sent more bytes than it had said.</source>
            <translation>%1 发送的字节数超过了它声明的数量。</translation>
        </message>
        <message>
            <source>The connection to %1 broke in the middle.</source>
            <translation>与 %1 的连接中途断开。</translation>
        </message>
        <message numerus="yes">
            <source>Nothing came from %1 for %n seconds.</source>
            <translation>
                <numerusform>%n 秒内没有收到来自 %1 的任何内容。</numerusform>
            </translation>
        </message>
        <message>
            <source>%1 was not found: is this computer online, and is the address right?</source>
            <translation>找不到 %1：本机联网了吗？地址对吗？</translation>
        </message>
        <message>
            <source>no redirect is followed there</source>
            <translation>那里的重定向不会跟随</translation>
        </message>
        <message>
            <source>%1 cannot be reached, the connection is refused: is the server running there?</source>
            <translation>无法连接 %1，连接被拒绝：那里的服务器在运行吗？</translation>
        </message>
    </context>
    <context>
        <name>app::HttpPost</name>
        <message>
            <source>%1 leads to %2, which is not followed: enter the address that is meant.</source>
            <translation>%1 转向 %2，这里不会跟随：请输入真正的地址。</translation>
        </message>
        <message>
            <source>%1 sent compressed bytes although none were asked for.</source>
            <translation>%1 发来了压缩数据，而这里没有要求压缩。</translation>
        </message>
        <message>
            <source>%1 closed the connection without an answer.</source>
            <translation>%1 没有回答就关闭了连接。</translation>
        </message>
        <message>
            <source>The connection to %1 broke in the middle.</source>
            <translation>与 %1 的连接中途断开。</translation>
        </message>
        <message>
            <source>%1 gave no answer but status %2.</source>
            <translation>%1 没有回答，只给出状态 %2。</translation>
        </message>
    </context>
    <context>
        <name>app::Hub</name>
        <message>
            <source>Sotto is offline by choice; the setting "Stay offline" or the option --offline says so.</source>
            <translation>Sotto 已按您的选择处于离线状态；由设置“保持离线”或选项 --offline 决定。</translation>
        </message>
        <message>
            <source>The proxy in the settings must be written as http://host:port or socks5://host:port, or be "none".</source>
            <translation>设置中的代理必须写成 http://host:port 或 socks5://host:port，或者写“none”。</translation>
        </message>
        <message>
            <source>The owner of %1 has not let you in yet: accept the terms on its page.</source>
            <translation>%1 的所有者尚未允许您访问：请在其页面上接受条款。</translation>
        </message>
        <message>
            <source>The owner of %1 wants to be asked first: accept the terms on its page, then give Sotto your access token.</source>
            <translation>%1 的所有者要求先征得同意：请在其页面上接受条款，然后向 Sotto 提供您的访问令牌。</translation>
        </message>
        <message>
            <source>The hub has no such page. Check its address in the settings.</source>
            <translation>模型站没有这个页面。请在设置中检查模型站的地址。</translation>
        </message>
        <message>
            <source>There is no %1 on the hub, or it is private.</source>
            <translation>模型站上没有 %1，或者它是私有的。</translation>
        </message>
        <message>
            <source>The hub does not accept your access token.</source>
            <translation>模型站不接受您的访问令牌。</translation>
        </message>
        <message numerus="yes">
            <source>The hub has had too many questions and asks to wait %n second(s).</source>
            <translation>
                <numerusform>模型站收到的请求过多，要求等待 %n 秒。</numerusform>
            </translation>
        </message>
        <message>
            <source>The hub has had too many questions; try again in some minutes.</source>
            <translation>模型站收到的请求过多；请过几分钟再试。</translation>
        </message>
        <message>
            <source>A repository is written as owner/name.</source>
            <translation>仓库应写成“所有者/名称”的形式。</translation>
        </message>
    </context>
    <context>
        <name>app::HubAccount</name>
        <message>
            <source>The token is being put into the system's keychain.</source>
            <translation>正在将令牌存入系统钥匙串。</translation>
        </message>
        <message>
            <source>The token is kept in the system's keychain.</source>
            <translation>令牌保存在系统钥匙串中。</translation>
        </message>
        <message>
            <source>The token is kept until Sotto is closed, because no keychain of the system answers.</source>
            <translation>令牌只保留到 Sotto 关闭为止，因为系统钥匙串没有响应。</translation>
        </message>
        <message>
            <source>That is no access token: one is a single word such as hf_abc, without spaces.</source>
            <translation>这不是访问令牌：访问令牌是一个不含空格的单词，例如 hf_abc。</translation>
        </message>
        <message>
            <source>The token is forgotten here, but the keychain still has it: %1.</source>
            <translation>令牌在这里已清除，但钥匙串中仍保留着：%1。</translation>
        </message>
    </context>
    <context>
        <name>app::HubAnswers</name>
        <message>
            <source>The hub's answer is not what a model hub sends. Check the address of the hub in the settings.</source>
            <translation>收到的不是模型站应有的回应。请在设置中检查模型站的地址。</translation>
        </message>
    </context>
    <context>
        <name>app::LibraryJobs</name>
        <message>
            <source>Waits for its turn</source>
            <translation>等待轮到它</translation>
        </message>
        <message>
            <source>Stopping</source>
            <translation>正在停止</translation>
        </message>
        <message>
            <source>%1 of %2</source>
            <translation>%1 / %2</translation>
        </message>
        <message>
            <source>%1 %</source>
            <translation>%1 %</translation>
        </message>
    </context>
    <context>
        <name>app::LibraryWork</name>
        <message>
            <source>The models folder %1 cannot be written. Check its permissions, or move it in the settings.</source>
            <translation>无法写入模型文件夹 %1。请检查它的权限，或在设置中移动它。</translation>
        </message>
        <message>
            <source>The finished model could not be moved to %1: something of that name is there already.</source>
            <translation>无法将完成的模型移动到 %1：那里已有同名的内容。</translation>
        </message>
        <message>
            <source>There is not enough room in %1: %2 are needed and %3 are free.</source>
            <translation>%1 中的空间不足：需要 %2，可用 %3。</translation>
        </message>
        <message>
            <source>imported</source>
            <translation>已导入</translation>
        </message>
        <message>
            <source>made here from %1</source>
            <translation>在此由 %1 制成</translation>
        </message>
        <message>
            <source>%1 could not be copied: %2.</source>
            <translation>无法复制 %1：%2。</translation>
        </message>
        <message>
            <source>%1 could not be read: %2.</source>
            <translation>无法读取 %1：%2。</translation>
        </message>
        <message>
            <source>“%1” is no whole path of a folder.</source>
            <translation>“%1”不是完整的文件夹路径。</translation>
        </message>
        <message>
            <source>The models folder cannot be moved to %1: one of the two lies within the other.</source>
            <translation>无法将模型文件夹移动到 %1：两者之一位于另一个之中。</translation>
        </message>
        <message>
            <source>%1 is a file; choose a folder.</source>
            <translation>%1 是一个文件；请选择文件夹。</translation>
        </message>
        <message>
            <source>%1 is not empty; choose an empty folder or a new one.</source>
            <translation>%1 不是空的；请选择一个空文件夹或新文件夹。</translation>
        </message>
        <message>
            <source>%1 cannot be made; check its permissions.</source>
            <translation>无法创建 %1；请检查权限。</translation>
        </message>
        <message>
            <source>%1 is not in the models folder, so Sotto does not delete it.</source>
            <translation>%1 不在模型文件夹中，因此 Sotto 不会删除它。</translation>
        </message>
        <message>
            <source>%1 could not be deleted: %2. Check the permissions of the models folder.</source>
            <translation>无法删除 %1：%2。请检查模型文件夹的权限。</translation>
        </message>
        <message>
            <source>%1 could not be put back; it is kept in %2.</source>
            <translation>无法将 %1 放回原处；它保存在 %2 中。</translation>
        </message>
    </context>
    <context>
        <name>app::Machine</name>
        <message numerus="yes">
            <source>%n core(s)</source>
            <comment>of the processor</comment>
            <translation>
                <numerusform>%n 个核心</numerusform>
            </translation>
        </message>
        <message>
            <source>%1, %2 memory</source>
            <translation>%1，内存 %2</translation>
        </message>
        <message>
            <source>%1, %2 of it free</source>
            <translation>%1，其中可用 %2</translation>
        </message>
        <message>
            <source>%1, read at %2 GB a second</source>
            <translation>%1，读取速度每秒 %2 GB</translation>
        </message>
        <message>
            <source>%1; %2</source>
            <translation>%1；%2</translation>
        </message>
        <message>
            <source>up to %1 tokens a second</source>
            <translation>每秒至多 %1 个 token</translation>
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
        <name>app::ModelCatalog</name>
        <message>
            <source>%1 · %2</source>
            <translation>%1 · %2</translation>
        </message>
        <message>
            <source>%1 B parameters, %2 B for a word</source>
            <translation>%1 B 参数，每个词使用 %2 B</translation>
        </message>
        <message>
            <source>%1 B parameters</source>
            <translation>%1 B 参数</translation>
        </message>
        <message>
            <source>%1 does not have it any more in %2.</source>
            <translation>%1 已不再提供 %2 的版本。</translation>
        </message>
        <message>
            <source>The hub did not list the files of %1.</source>
            <translation>模型站没有列出 %1 的文件。</translation>
        </message>
    </context>
    <context>
        <name>app::ModelLibrary</name>
        <message>
            <source>Demo model</source>
            <translation>演示模型</translation>
        </message>
        <message>
            <source>opened where it lies</source>
            <translation>在原位置打开</translation>
        </message>
        <message>
            <source>found in the Hugging Face cache</source>
            <translation>在 Hugging Face 缓存中找到</translation>
        </message>
        <message>
            <source>found in LM Studio</source>
            <translation>在 LM Studio 中找到</translation>
        </message>
        <message>
            <source>found in Ollama</source>
            <translation>在 Ollama 中找到</translation>
        </message>
        <message>
            <source>demonstration</source>
            <translation>演示</translation>
        </message>
        <message>
            <source>now</source>
            <translation>现在</translation>
        </message>
        <message>
            <source>today</source>
            <translation>今天</translation>
        </message>
        <message>
            <source>yesterday</source>
            <translation>昨天</translation>
        </message>
        <message numerus="yes">
            <source>%n day(s) ago</source>
            <translation>
                <numerusform>%n 天前</numerusform>
            </translation>
        </message>
        <message>
            <source>The models folder is being moved; try again when that is done.</source>
            <translation>正在移动模型文件夹；请等移动完成后再试。</translation>
        </message>
        <message>
            <source>Copying %1</source>
            <translation>正在复制 %1</translation>
        </message>
        <message>
            <source>Making %1 smaller: %2 bits</source>
            <translation>正在缩小 %1：%2 位</translation>
        </message>
        <message>
            <source>Models are being copied or made smaller; move the models folder when that is done.</source>
            <translation>正在复制或缩小模型；请等完成后再移动模型文件夹。</translation>
        </message>
        <message>
            <source>Moving the models folder to %1</source>
            <translation>正在将模型文件夹移动到 %1</translation>
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
        <message>
            <source>Remote · %1</source>
            <translation>远程 · %1</translation>
        </message>
        <message>
            <source>Each message takes the whole chat to %1, a server on this computer.</source>
            <translation>每条消息都会把整个对话发往 %1，即本机上的服务器。</translation>
        </message>
        <message>
            <source>What you write leaves this computer: each message takes the whole chat to %1, encrypted.</source>
            <translation>你写的内容会离开本机：每条消息都会把整个对话加密发往 %1。</translation>
        </message>
        <message>
            <source>What you write leaves this computer: each message takes the whole chat to %1, not encrypted.</source>
            <translation>你写的内容会离开本机：每条消息都会把整个对话未加密发往 %1。</translation>
        </message>
        <message>
            <source>The model on another machine is not on the list any more. Add it again on the Models page.</source>
            <translation>其他机器上的这个模型已不在列表中。请在“模型”页重新添加。</translation>
        </message>
        <message>
            <source>This was not sent: it was written before %1, to which it would go, was chosen.</source>
            <translation>没有发送：写这条消息时还没有选择它要发往的 %1。</translation>
        </message>
        <message>
            <source>Send it again, if it may go there.</source>
            <translation>如果可以发往那里，请重新发送。</translation>
        </message>
        <message>
            <source>%1 cannot write a reply on, because its server takes whole chats only.</source>
            <translation>%1 不能续写回复，因为它的服务器只接受完整的对话。</translation>
        </message>
        <message>
            <source>Regenerate it instead.</source>
            <translation>请改为重新生成。</translation>
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
            <source>What the template writes depends on the words of the user's message: it looks for “%1”.</source>
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
        <name>app::RemoteModels</name>
        <message>
            <source>Enter the address of the server, such as http://localhost:8000/v1.</source>
            <translation>请输入服务器地址，例如 http://localhost:8000/v1。</translation>
        </message>
        <message>
            <source>The address is too long.</source>
            <translation>地址太长。</translation>
        </message>
        <message>
            <source>This is no address: one is written like https://host:8000/v1.</source>
            <translation>这不是地址：地址的写法如 https://host:8000/v1。</translation>
        </message>
        <message>
            <source>The address must begin with https:// or http://.</source>
            <translation>地址必须以 https:// 或 http:// 开头。</translation>
        </message>
        <message>
            <source>The address must have no user name or password: the key has a field of its own.</source>
            <translation>地址中不能有用户名或密码：密钥有单独的输入框。</translation>
        </message>
        <message>
            <source>The address must have nothing after its path, no "?" and no "#".</source>
            <translation>地址的路径之后不能有内容，不能有“?”和“#”。</translation>
        </message>
        <message>
            <source>%1 is another machine and the address is not encrypted: use https, or accept that others on the way can read the text and the key.</source>
            <translation>%1 是另一台机器，而地址未加密：请使用 https，或接受途中的人能读到文字和密钥。</translation>
        </message>
        <message>
            <source>Choose the model that the server is to use.</source>
            <translation>请选择服务器要使用的模型。</translation>
        </message>
        <message>
            <source>Names have one line and at most %1 characters.</source>
            <translation>名称只能有一行，最多 %1 个字符。</translation>
        </message>
        <message>
            <source>The context length is a number of tokens between 0 and %1.</source>
            <translation>上下文长度是 0 到 %1 之间的 token 数。</translation>
        </message>
        <message>
            <source>There are %1 models on other machines already: remove one first.</source>
            <translation>其他机器上的模型已有 %1 个：请先移除一个。</translation>
        </message>
        <message>
            <source>That is no key: one is a single word of letters, digits and signs, without spaces.</source>
            <translation>这不是密钥：密钥是由字母、数字和符号组成、不含空格的一个词。</translation>
        </message>
        <message>
            <source>The keychain has not given the key yet: test again in a moment.</source>
            <translation>密钥环还没有给出密钥：请稍后再测试。</translation>
        </message>
        <message>
            <source>This model was removed from the list: choose another one.</source>
            <translation>这个模型已从列表中移除：请选择另一个。</translation>
        </message>
        <message>
            <source>The model was removed before it had answered.</source>
            <translation>模型在回答之前被移除了。</translation>
        </message>
        <message>
            <source>The address was changed before the model was asked: send the message again.</source>
            <translation>在询问模型之前地址被更改了：请重新发送消息。</translation>
        </message>
        <message>
            <source>The key is forgotten here, but the keychain still has it: %1.</source>
            <translation>这里已忘记密钥，但密钥环中仍有：%1。</translation>
        </message>
        <message>
            <source>The key is kept in the system's keychain.</source>
            <translation>密钥保存在系统的密钥环中。</translation>
        </message>
        <message>
            <source>The key is being put into the system's keychain.</source>
            <translation>正在把密钥存入系统的密钥环。</translation>
        </message>
        <message>
            <source>The key is kept until Sotto is closed, because no keychain of the system answers.</source>
            <translation>密钥只保留到 Sotto 关闭为止，因为系统的密钥环没有响应。</translation>
        </message>
    </context>
    <context>
        <name>app::RepoLook</name>
        <message>
            <source>%1 does not have it any more in %2.</source>
            <translation>%1 已不再提供 %2 的版本。</translation>
        </message>
        <message>
            <source>%1 has no files that Sotto runs: neither GGUF nor safetensors.</source>
            <translation>%1 没有 Sotto 能运行的文件：既没有 GGUF，也没有 safetensors。</translation>
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
        <name>app::Value</name>
        <message>
            <source>The address of the hub in the settings is no http address.</source>
            <translation>设置中的模型站地址不是 http 地址。</translation>
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
