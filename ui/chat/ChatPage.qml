pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// The open conversation: header, banners, messages or the greeting of a new chat, composer.
FocusScope {
    id: page

    required property AppRoot app
    required property bool sidebarShown
    required property bool panelShown

    /// Room that the composer takes at the foot.
    readonly property real composerHeight: composer.height

    signal sidebarRequested
    signal panelRequested
    signal openFolderRequested
    signal openFileRequested
    signal modelsRequested

    function focusComposer() {
        composer.focusField()
    }

    function renameTitle() {
        header.beginRename()
    }

    function stepMessage(by: int) {
        messages.step(by)
    }

    /// Offers the last message of the person for editing.
    function editLast() {
        if (!app.chat.busy && app.chat.lastUserId() > 0)
            messages.edit(app.chat.lastUserId())
    }

    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        ChatHeader {
            id: header
            app: page.app
            sidebarShown: page.sidebarShown
            panelShown: page.panelShown
            Layout.fillWidth: true
            onSidebarRequested: page.sidebarRequested()
            onPanelRequested: page.panelRequested()
            onOpenFolderRequested: page.openFolderRequested()
            onOpenFileRequested: page.openFileRequested()
            onLeftField: composer.focusField()
        }
        PageBanners {
            app: page.app
            Layout.fillWidth: true
            // Said outright: a layout takes an implicit height of 0 for none and keeps the last one.
            Layout.preferredHeight: implicitHeight
            onOpenFolderRequested: page.openFolderRequested()
        }
        Item {
            Layout.fillWidth: true
            Layout.fillHeight: true

            MessageList {
                id: messages
                anchors.fill: parent
                chat: page.app.chat
                visible: count > 0
                onComposerRequested: composer.focusField()
            }
            EmptyChat {
                anchors.fill: parent
                visible: messages.count === 0
                app: page.app
                onPromptChosen: (prompt) => {
                    page.app.chat.draft = prompt
                    if (page.app.chat.canSend)
                        page.app.chat.send()
                    composer.focusField()
                }
                onOpenFolderRequested: page.openFolderRequested()
                onModelsRequested: page.modelsRequested()
            }
            PushButton {
                anchors.horizontalCenter: parent.horizontalCenter
                anchors.bottom: parent.bottom
                anchors.bottomMargin: 8
                visible: messages.visible && !messages.atEnd
                text: page.app.chat.busy ? qsTr("New text below") : qsTr("To the end")
                iconName: "arrow-down"
                iconExtent: Theme.px(15)
                font.weight: Font.Normal
                onClicked: messages.goToEnd()
            }
        }
        Composer {
            id: composer
            chat: page.app.chat
            runner: page.app.runner
            settings: page.app.settings
            shortcuts: page.app.shortcuts
            focus: true
            Layout.fillWidth: true
            onEditLastRequested: page.editLast()
            onSent: messages.goToEnd()
        }
    }

    Connections {
        target: page.app.chat

        function onScrollTo(row: int) {
            messages.showRow(row)
        }

        function onReplyFinished(plainText: string) {
            announcement.say(plainText)
        }

        function onConversationIdChanged() {
            messages.editingId = 0
        }
    }

    // Screen readers speak an alert when it appears.
    Item {
        id: announcement

        property string words: ""

        function say(plainText: string) {
            visible = false
            words = plainText
            visible = true
        }

        width: 1
        height: 1
        visible: false
        Accessible.role: Accessible.AlertMessage
        Accessible.name: words
    }
}
