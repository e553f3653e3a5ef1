import QtQuick
import QtTest
import Sotto.App
import Sotto.Ui

/// The composer over the real chat.
Item {
    id: scene

    width: 800
    height: 600

    Composer {
        id: composer
        width: parent.width
        anchors.bottom: parent.bottom
        focus: true
        chat: app.chat
        runner: app.runner
        settings: app.settings
        shortcuts: app.shortcuts
    }

    SignalSpy {
        id: sent
        target: composer
        signalName: "sent"
    }
    SignalSpy {
        id: editAsked
        target: composer
        signalName: "editLastRequested"
    }

    TestCase {
        name: "Composer"
        when: windowShown

        function init() {
            app.chat.newChat()
            app.chat.draft = ""
            app.settings.sendWithEnter = true
            composer.focusField()
            sent.clear()
            editAsked.clear()
        }

        function type(words: string) {
            for (const letter of words)
                keyClick(letter)
        }

        function test_typedTextIsTheDraft() {
            type("hello")
            compare(app.chat.draft, "hello")
        }

        function test_draftOfTheChatIsShown() {
            app.chat.draft = "from elsewhere"
            type("!")
            compare(app.chat.draft, "from elsewhere!")
        }

        function test_growsUpToTenLinesThenScrolls() {
            const one = composer.implicitHeight
            app.chat.draft = "a\nb\nc"
            tryVerify(() => composer.implicitHeight > one)
            app.chat.draft = "line\n".repeat(10)
            wait(50)
            const ten = composer.implicitHeight
            app.chat.draft = "line\n".repeat(60)
            wait(50)
            verify(composer.implicitHeight - ten < 30, "grew from " + ten + " to " + composer.implicitHeight)
        }

        function test_shiftEnterBreaksTheLine() {
            type("a")
            keyClick(Qt.Key_Return, Qt.ShiftModifier)
            type("b")
            compare(app.chat.draft, "a\nb")
            compare(sent.count, 0)
        }

        function test_enterSends() {
            tryVerify(() => app.runner.state === ModelRunner.Ready, 60000)
            type("hi")
            keyClick(Qt.Key_Return)
            compare(sent.count, 1)
            compare(app.chat.draft, "")
            tryCompare(app.chat.messages, "count", 2)
            app.chat.stop()
            tryVerify(() => !app.chat.busy, 60000)
        }

        function test_enterAndShiftEnterCanBeSwapped() {
            app.settings.sendWithEnter = false
            type("a")
            keyClick(Qt.Key_Return)
            compare(app.chat.draft, "a\n")
            compare(sent.count, 0)
        }

        function test_nothingIsNotSent() {
            keyClick(Qt.Key_Return)
            type("   ")
            keyClick(Qt.Key_Return)
            compare(sent.count, 0)
        }

        function test_upInAnEmptyFieldAsksToEdit() {
            keyClick(Qt.Key_Up)
            compare(editAsked.count, 1)
            type("x")
            keyClick(Qt.Key_Up)
            compare(editAsked.count, 1)
        }

        function test_tabLeavesTheField() {
            type("a")
            keyClick(Qt.Key_Tab)
            type("b")
            compare(app.chat.draft, "a")
        }
    }
}
