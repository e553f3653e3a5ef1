pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// The left column: new chat, search, conversations, the way to models and settings, and what is loaded.
FocusScope {
    id: sidebar

    required property AppRoot app
    required property string page

    /// A page was asked for: "chat", "models" or "settings".
    signal pageRequested(string page)
    signal newChatRequested

    /// Puts the cursor into the search field.
    function focusSearch() {
        search.forceActiveFocus(Qt.ShortcutFocusReason)
        search.selectAll()
    }

    /// Starts renaming the row that has the keyboard; false when the list has not.
    function renameFocused(): bool {
        return list.renameFocused()
    }

    implicitWidth: Theme.sidebarWidth

    Rectangle {
        anchors.fill: parent
        color: Theme.sidebar
    }
    Rectangle {
        anchors.right: parent.right
        width: 1
        height: parent.height
        color: Theme.line
    }

    ColumnLayout {
        anchors.fill: parent
        anchors.margins: Theme.px(12)
        anchors.topMargin: Theme.px(16)
        anchors.rightMargin: Theme.px(13)
        spacing: 8

        PushButton {
            text: qsTr("New chat")
            iconName: "plus"
            look: PushButton.Primary
            hint: qsTr("New chat (%1)").arg(sidebar.app.shortcuts.keysFor("newChat"))
            implicitHeight: Theme.px(40)
            Layout.fillWidth: true
            contentItem: LeadingContent {
                iconName: "plus"
                text: qsTr("New chat")
                ink: Theme.inkOnAccent
                weight: Font.DemiBold
            }
            onClicked: sidebar.newChatRequested()
        }

        SearchField {
            id: search
            conversations: sidebar.app.conversations
            keys: sidebar.app.shortcuts.keysFor("searchChats")
            Layout.fillWidth: true
            onLeftDown: list.enter()
        }

        ConversationList {
            id: list
            conversations: sidebar.app.conversations
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.topMargin: 4
            onOpenRequested: (conversationId, messageId) => {
                if (messageId > 0)
                    sidebar.app.chat.openAt(conversationId, messageId)
                else
                    sidebar.app.chat.open(conversationId)
                sidebar.pageRequested("chat")
            }
        }

        Rectangle {
            color: Theme.line
            Layout.fillWidth: true
            Layout.preferredHeight: 1
        }

        SidebarEntry {
            text: qsTr("Models")
            iconName: "model"
            hint: sidebar.app.downloads.activeCount > 0
                ? qsTr("%n download(s), %1 %", "", sidebar.app.downloads.activeCount).arg(Math.floor(sidebar.app.downloads.progress * 100))
                : sidebar.app.shortcuts.keysFor("models")
            progress: sidebar.app.downloads.activeCount > 0 ? sidebar.app.downloads.progress : -1
            checked: sidebar.page === "models"
            Layout.fillWidth: true
            onClicked: sidebar.pageRequested(checked ? "chat" : "models")
        }
        SidebarEntry {
            text: qsTr("Settings")
            iconName: "settings"
            hint: sidebar.app.shortcuts.keysFor("settings")
            checked: sidebar.page === "settings"
            Layout.fillWidth: true
            Layout.topMargin: -4
            onClicked: sidebar.pageRequested(checked ? "chat" : "settings")
        }

        ModelChip {
            runner: sidebar.app.runner
            Layout.fillWidth: true
            onClicked: sidebar.pageRequested("models")
        }
    }
}
