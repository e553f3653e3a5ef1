pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Sotto.App

/// The messages of the open conversation. Follows the text that is being written only while the reader is at the end.
ListView {
    id: list

    required property ChatViewModel chat
    /// The message whose text is being edited in place; 0: none.
    property real editingId: 0
    /// Whether the end is in sight, so that new text will be too.
    property bool following: true
    property int flashedRow: -1
    readonly property bool atEnd: following || contentHeight + topMargin + bottomMargin <= height

    /// The keyboard is done here.
    signal composerRequested

    function goToEnd() {
        cancelFlick()
        following = true
        positionViewAtEnd()
        // That leaves the margin out.
        contentY = Math.max(originY - topMargin, originY + contentHeight + bottomMargin - height)
    }

    function showRow(row: int) {
        following = row >= count - 1
        currentIndex = row
        positionViewAtIndex(row, ListView.Center)
        flashedRow = row
        flash.restart()
    }

    /// Puts the keyboard on the message before (-1) or after (1) the current one.
    function step(by: int) {
        if (count === 0)
            return
        const start = currentIndex < 0 || !activeFocus ? (by < 0 ? count : count - 2) : currentIndex
        currentIndex = Math.max(0, Math.min(count - 1, start + by))
        positionViewAtIndex(currentIndex, ListView.Contain)
        following = nearEnd()
        currentItem?.forceActiveFocus(Qt.TabFocusReason)
    }

    function edit(messageId: real) {
        editingId = messageId
        const last = count - 1
        if (messageId === chat.lastUserId())
            positionViewAtIndex(Math.max(0, last - 1), ListView.Contain)
    }

    function nearEnd(): bool {
        return contentY + height >= originY + contentHeight - Theme.px(16)
    }

    function scrollBy(distance: real) {
        const least = originY - topMargin
        const most = Math.max(least, originY + contentHeight + bottomMargin - height)
        contentY = Math.max(least, Math.min(most, contentY + distance))
        following = nearEnd()
    }

    model: chat.messages
    clip: true
    spacing: Theme.px(8)
    topMargin: Theme.px(24)
    bottomMargin: Theme.px(24)
    boundsBehavior: Flickable.StopAtBounds
    cacheBuffer: Math.max(1200, height)
    currentIndex: -1
    highlightFollowsCurrentItem: false
    keyNavigationEnabled: false

    Accessible.role: Accessible.List
    Accessible.name: qsTr("Messages")

    // Only what the reader does decides whether the end is followed; growth of the text does not.
    onContentYChanged: if (moving || bar.pressed) following = nearEnd()
    onMovementEnded: following = nearEnd()
    onContentHeightChanged: if (following && !moving) settle.restart()
    onHeightChanged: if (following) settle.restart()
    onOriginYChanged: if (following && !moving) settle.restart()
    onCountChanged: if (following) settle.restart()

    Keys.onPressed: (event) => {
        const keyStep = { [Qt.Key_PageUp]: -height * 0.9, [Qt.Key_PageDown]: height * 0.9,
                          [Qt.Key_Up]: -Theme.px(60), [Qt.Key_Down]: Theme.px(60) }[event.key]
        if (event.modifiers !== Qt.NoModifier && event.modifiers !== Qt.KeypadModifier)
            return
        if (keyStep !== undefined)
            scrollBy(keyStep)
        else if (event.key === Qt.Key_End)
            goToEnd()
        else if (event.key === Qt.Key_Home)
            scrollBy(-contentHeight)
        else
            return
        event.accepted = true
    }

    delegate: MessageRow {
        width: ListView.view.width
        chat: list.chat
        current: ListView.isCurrentItem
        last: index === list.count - 1
        editing: messageId !== 0 && messageId === list.editingId
        flashed: index === list.flashedRow
        // One stop for Tab, at the current message. (An item that has the keyboard must not stop being one.)
        activeFocusOnTab: activeFocus || ListView.isCurrentItem || (list.currentIndex < 0 && last)
        onActiveFocusChanged: if (activeFocus) list.currentIndex = index
        onEditRequested: list.editingId = messageId
        onEditEnded: {
            list.editingId = 0
            list.composerRequested()
        }
    }

    // Once the layout of this turn of the event loop is done.
    Timer {
        id: settle
        interval: 0
        onTriggered: if (list.following) list.goToEnd()
    }
    Timer {
        id: flash
        interval: 1600
        onTriggered: list.flashedRow = -1
    }

    Connections {
        target: list.chat

        function onConversationIdChanged() {
            list.currentIndex = -1
            list.goToEnd()
        }
    }

    ScrollBar.vertical: ThinScrollBar { id: bar }
}
