import QtQuick
import QtQuick.Controls.Basic
import QtTest
import Sotto.App
import Sotto.Ui

/// The panel's tabs over the real objects.
Item {
    id: scene

    width: 400
    height: 1000

    SidePanel {
        id: panel
        width: 320
        height: parent.height
        app: app_
        tab: "prompt"
    }
    readonly property AppRoot app_: app

    TestCase {
        name: "PromptPanel"
        when: windowShown

        function find(item, name) {
            if (item instanceof TextArea && item.visible && item.Accessible.name === name)
                return item
            for (const child of Array.from(item.children)) {
                const found = find(child, name)
                if (found)
                    return found
            }
            return null
        }

        function findAlert(item) {
            if (item instanceof Text && item.visible && item.Accessible.role === Accessible.AlertMessage)
                return item
            for (const child of Array.from(item.children)) {
                const found = findAlert(child)
                if (found)
                    return found
            }
            return null
        }

        function initTestCase() {
            tryVerify(() => app.runner.state === ModelRunner.Ready, 60000)
        }

        function init() {
            panel.tab = "prompt"
            app.chat.newChat()
            app.prompt.scope = PromptViewModel.Chat
            app.prompt.resetTemplate()
            app.prompt.resetSystemPrompt()
            app.prompt.scope = PromptViewModel.Model
            app.prompt.resetTemplate()
            app.prompt.resetSystemPrompt()
            app.prompt.scope = PromptViewModel.Chat
        }

        function test_templateAndSystemPromptHaveTheirNames() {
            verify(find(panel, "Chat template"))
            verify(find(panel, "System prompt"))
            verify(find(panel, "Chat template").text.length > 50)
        }

        function test_typedTextIsTheSystemPrompt() {
            const field = find(panel, "System prompt")
            field.forceActiveFocus()
            for (const letter of "be brief")
                keyClick(letter)
            compare(app.prompt.systemPrompt, "be brief")
            app.prompt.resetSystemPrompt()
            compare(field.text, "")
            keyClick(Qt.Key_Tab)
            verify(!field.activeFocus)
        }

        function test_editsAreCheckedAndReset() {
            const field = find(panel, "Chat template")
            const own = field.text
            field.forceActiveFocus()
            field.cursorPosition = 0
            for (const letter of "{{")
                keyClick(letter)
            verify(app.prompt.templateModified)
            tryVerify(() => app.prompt.errorLine > 0, 60000)
            verify(field.Accessible.description !== "")
            tryVerify(() => findAlert(panel))
            const alert = findAlert(panel)
            const text = field.parent.parent  // the Flickable around the field
            verify(alert.text.startsWith("Line " + app.prompt.errorLine + ": "))
            verify(alert.mapToItem(panel, 0, 0).y >= text.mapToItem(panel, 0, text.height).y)
            app.prompt.resetTemplate()
            compare(field.text, own)
            tryVerify(() => app.prompt.error === "", 60000)
        }

        function test_undoIsThere() {
            const field = find(panel, "Chat template")
            field.forceActiveFocus()
            field.cursorPosition = 0
            keyClick("x")
            verify(app.prompt.templateModified)
            field.undo()
            verify(!app.prompt.templateModified)
        }

        function test_scopesKeepTheirTexts() {
            const field = find(panel, "System prompt")
            app.prompt.scope = PromptViewModel.Model
            field.forceActiveFocus()
            for (const letter of "all")
                keyClick(letter)
            app.prompt.scope = PromptViewModel.Chat
            compare(field.text, "all")
            keyClick("!")
            compare(app.prompt.systemPrompt, field.text)
            app.prompt.scope = PromptViewModel.Model
            compare(field.text, "all")
        }

        function test_previewFollows() {
            app.prompt.templateText = "{{ messages[0].content }}"
            tryCompare(app.prompt, "tokenCount", app.prompt.tokenCount, 60000)
            tryVerify(() => app.prompt.runs.count === 1, 60000)
        }

        function test_hiddenTabRendersNothing() {
            panel.tab = "sampling"
            verify(!app.prompt.active)
            panel.tab = "prompt"
            verify(app.prompt.active)
        }
    }
}
