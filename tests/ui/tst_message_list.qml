import QtQuick
import QtTest
import Sotto.App
import Sotto.Ui

/// The message list over a real conversation of 120 messages.
Item {
    id: scene

    width: 900
    height: 600

    MessageList {
        id: list
        anchors.fill: parent
        chat: app.chat
    }

    TestCase {
        name: "MessageList"
        when: windowShown

        function init() {
            app.chat.newChat()
            tryCompare(list, "count", 0)
            app.chat.open(longChat)
            tryVerify(() => list.count >= 120)
            wait(100)
        }

        function rows() {
            return Array.from(list.contentItem.children).filter(item => item instanceof MessageRow)
        }

        function test_opensAtTheEnd() {
            tryVerify(() => list.nearEnd())
            verify(list.atEnd)
        }

        function test_makesOnlyTheRowsNearTheView() {
            verify(rows().length < 60, "rows made: " + rows().length)
        }

        function test_wheelUpLeavesTheEndAndButtonReturns() {
            mouseWheel(list, 450, 300, 0, 600)
            tryVerify(() => !list.atEnd)
            const before = list.contentY
            wait(300)
            verify(!list.nearEnd())
            list.goToEnd()
            verify(list.atEnd)
            tryVerify(() => list.nearEnd())
            verify(list.contentY > before)
        }

        function test_scrolledUpStaysWhereItIsWhileTextGrows() {
            list.scrollBy(-1500)
            verify(!list.atEnd)
            wait(50)
            tryVerify(() => app.runner.state === ModelRunner.Ready, 60000)
            const before = list.count
            const place = list.contentY - list.originY
            app.chat.draft = "Hello"
            app.chat.send()
            tryVerify(() => list.count === before + 2)
            tryVerify(() => !app.chat.busy, 60000)
            verify(!list.following)
            fuzzyCompare(list.contentY - list.originY, place, 2)
        }

        function test_followsTheTextAtTheEnd() {
            tryVerify(() => app.runner.state === ModelRunner.Ready, 60000)
            app.chat.draft = "Hello"
            app.chat.send()
            tryVerify(() => !app.chat.busy, 60000)
            wait(50)
            verify(list.atEnd)
            verify(list.nearEnd())
        }

        function test_stepPutsTheKeyboardOnMessages() {
            list.step(-1)
            const last = list.currentIndex
            compare(last, list.count - 1)
            verify(list.currentItem.activeFocus)
            list.step(-1)
            compare(list.currentIndex, last - 1)
            list.step(1)
            compare(list.currentIndex, last)
        }

        function test_showRowBringsItIntoView() {
            list.showRow(5)
            tryVerify(() => list.itemAtIndex(5) !== null)
            const row = list.itemAtIndex(5)
            verify(row.y >= list.contentY - 1)
            verify(row.y <= list.contentY + list.height)
            verify(row.flashed)
        }

        function test_messageIsMadeOfBlocks() {
            list.showRow(119)
            tryVerify(() => list.itemAtIndex(119) !== null)
            const reply = list.itemAtIndex(119)
            const kinds = []
            const visit = item => {
                if (item instanceof BlockChooser)
                    kinds.push(item.kind)
                Array.from(item.children).forEach(visit)
            }
            visit(reply)
            compare(kinds, ["text", "list", "list", "code"])
        }

        function test_editingShowsTheTextInPlace() {
            list.edit(app.chat.lastUserId())
            tryVerify(() => list.itemAtIndex(list.count - 2)?.editing === true)
            const before = app.chat.textOf(app.chat.lastUserId())
            keyClick("!")
            keyClick(Qt.Key_Escape)
            compare(list.editingId, 0)
            compare(app.chat.textOf(app.chat.lastUserId()), before)
        }
    }
}
