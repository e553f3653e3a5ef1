pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Sotto.App

/// The conversations by section, or the hits of a search.
ListView {
    id: list

    required property ConversationListModel conversations

    /// messageId 0: the conversation as it was left.
    signal openRequested(real conversationId, real messageId)

    function enter() {
        if (count === 0)
            return
        if (currentIndex < 0)
            currentIndex = 0
        forceActiveFocus(Qt.TabFocusReason)
    }

    function renameFocused(): bool {
        const row = activeFocus ? currentItem as ConversationRow : null
        if (row)
            row.beginRename()
        return row !== null
    }

    model: conversations
    clip: true
    activeFocusOnTab: true
    keyNavigationEnabled: true
    currentIndex: -1
    boundsBehavior: Flickable.StopAtBounds
    cacheBuffer: 600
    highlightFollowsCurrentItem: true
    highlightMoveDuration: 0
    onActiveFocusChanged: if (activeFocus && currentIndex < 0) currentIndex = 0

    Accessible.role: Accessible.List
    Accessible.name: qsTr("Conversations")

    section.property: "section"
    delegate: ConversationRow {
        width: ListView.view.width - (bar.size < 1 ? Theme.px(6) : 0)
        current: list.activeFocus && ListView.isCurrentItem
        heading: ListView.section !== ListView.previousSection ? ListView.section : ""
        onOpenRequested: list.openRequested(conversationId, hitMessageId)
        onRenamed: (title) => list.conversations.rename(conversationId, title)
        onPinToggled: list.conversations.setPinned(conversationId, !pinned)
        onRemoveRequested: list.conversations.remove(conversationId)
        onLeftField: list.forceActiveFocus()
    }

    Keys.onPressed: (event) => {
        const row = currentItem as ConversationRow
        if (!row || event.modifiers & (Qt.ControlModifier | Qt.AltModifier))
            return
        event.accepted = true
        switch (event.key) {
        case Qt.Key_Return:
        case Qt.Key_Enter:
        case Qt.Key_Space:
            row.openRequested()
            break
        case Qt.Key_Delete:
            row.removeRequested()
            break
        case Qt.Key_Menu:
            row.openMenu()
            break
        case Qt.Key_Home:
            currentIndex = 0
            break
        case Qt.Key_End:
            currentIndex = count - 1
            break
        default:
            event.accepted = false
        }
    }

    ScrollBar.vertical: ThinScrollBar { id: bar }

    Words {
        anchors.fill: parent
        anchors.margins: Theme.px(12)
        visible: list.count === 0
        text: list.conversations.searching ? qsTr("Nothing found for “%1”.").arg(list.conversations.query)
                                           : qsTr("Your chats will be listed here. They stay on this computer.")
        color: Theme.faint
        font.pixelSize: Theme.smallSize
        lineHeight: 1.35
        wrapMode: Text.Wrap
    }
}
