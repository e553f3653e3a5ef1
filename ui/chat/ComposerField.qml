import QtQuick
import QtQuick.Controls.Basic
import Sotto.App

/// The text of the draft and its keys.
TextArea {
    id: area

    required property ChatViewModel chat
    required property bool sendWithEnter

    signal sendRequested
    signal editLastRequested

    wrapMode: TextArea.Wrap
    textFormat: TextEdit.PlainText
    placeholderText: qsTr("Message")
    placeholderTextColor: Theme.faint
    font.family: Theme.sansFamily
    font.pixelSize: Theme.px(16)
    color: Theme.text
    selectionColor: Theme.accent
    selectedTextColor: Theme.inkOnAccent
    selectByMouse: true
    padding: 0
    topPadding: 4
    bottomPadding: 4
    background: null

    Accessible.name: qsTr("Message")
    Accessible.role: Accessible.EditableText
    Accessible.multiLine: true

    Component.onCompleted: text = chat.draft
    onTextChanged: if (chat.draft !== text) chat.draft = text

    Connections {
        target: area.chat

        function onDraftChanged() {
            if (area.text === area.chat.draft)
                return
            area.text = area.chat.draft
            area.cursorPosition = area.length
        }
    }

    // Tab leaves the field: a tab stop belongs to code, and code is pasted.
    Keys.onTabPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
    Keys.onBacktabPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
    Keys.onPressed: (event) => {
        if (event.key === Qt.Key_Up && text === "" && event.modifiers === Qt.NoModifier) {
            event.accepted = true
            editLastRequested()
            return
        }
        if (event.key !== Qt.Key_Return && event.key !== Qt.Key_Enter)
            return
        const shift = (event.modifiers & Qt.ShiftModifier) !== 0
        if (shift === sendWithEnter) {
            // A line break of our own: Shift+Enter would put a line separator, which is no line break in a file.
            insert(cursorPosition, "\n")
            event.accepted = true
        } else {
            event.accepted = true
            sendRequested()
        }
    }
}
