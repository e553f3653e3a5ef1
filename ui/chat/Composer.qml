pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// Where the person writes. Grows with the text up to ten lines; keeps the draft in the chat.
FocusScope {
    id: composer

    required property ChatViewModel chat
    required property ModelRunner runner
    required property Settings settings
    required property ShortcutListModel shortcuts
    readonly property bool overflowing: chat.contextLength > 0 && chat.contextUsed + chat.draftTokens > chat.contextLength

    signal editLastRequested
    /// The draft went off as a message.
    signal sent

    function focusField() {
        area.forceActiveFocus()
    }

    function send() {
        if (!chat.canSend)
            return
        chat.send()
        sent()
    }

    implicitHeight: column.implicitHeight + Theme.px(22)

    ColumnLayout {
        id: column
        width: Math.min(parent.width - Theme.px(32), Theme.columnWidth)
        anchors.horizontalCenter: parent.horizontalCenter
        y: Theme.px(8)
        spacing: Theme.px(8)

        Rectangle {
            id: frame
            radius: Theme.radius + 4
            color: Theme.card
            border.width: 1
            border.color: area.activeFocus ? Theme.accent : Theme.line
            Layout.fillWidth: true
            Layout.preferredHeight: inside.implicitHeight + Theme.px(20)

            // A press beside the text means the text.
            MouseArea {
                anchors.fill: parent
                cursorShape: Qt.IBeamCursor
                onClicked: area.forceActiveFocus()
            }
            ColumnLayout {
                id: inside
                anchors.fill: parent
                anchors.margins: Theme.px(10)
                anchors.leftMargin: Theme.px(16)
                spacing: 4

                Flickable {
                    id: flick
                    Layout.fillWidth: true
                    Layout.preferredHeight: Math.min(area.implicitHeight, metrics.lineSpacing * 10 + 8)
                    contentWidth: width
                    contentHeight: area.implicitHeight
                    boundsBehavior: Flickable.StopAtBounds
                    clip: true

                    TextArea.flickable: ComposerField {
                        id: area
                        chat: composer.chat
                        focus: true
                        sendWithEnter: composer.settings.sendWithEnter
                        onSendRequested: composer.send()
                        onEditLastRequested: composer.editLastRequested()
                    }
                    ScrollBar.vertical: ThinScrollBar {}
                }
                RowLayout {
                    spacing: Theme.px(10)

                    DestinationMark {
                        id: destination
                        runner: composer.runner
                        Layout.leftMargin: -Theme.px(4)
                        Layout.maximumWidth: inside.width - Theme.px(64)
                    }
                    Words {
                        text: composer.overflowing ? qsTr("Too long: the chat would take %1 of %2 tokens.")
                                .arg(Theme.count(composer.chat.contextUsed + composer.chat.draftTokens))
                                .arg(Theme.count(composer.chat.contextLength))
                            : composer.chat.draftTokens > 0 ? Theme.tokens(composer.chat.draftTokens)
                            : composer.chat.busy && composer.runner.readsFromDisk
                                ? qsTr("%1; slow, because the model is read from disk").arg(phaseText()) : phaseText()
                        color: composer.overflowing ? Theme.warn : Theme.dim
                        font.pixelSize: Theme.smallSize
                        elide: Text.ElideRight
                        Layout.fillWidth: true
                        Layout.minimumWidth: 0

                        function phaseText(): string {
                            switch (composer.chat.replyPhase) {
                            case "waiting": return qsTr("Waiting for the model")
                            case "reading": return qsTr("Reading the chat")
                            case "writing": return composer.chat.tokensPerSecond > 0
                                ? qsTr("Writing, %1 tok/s").arg(Theme.count(composer.chat.tokensPerSecond)) : qsTr("Writing")
                            default: return ""
                            }
                        }
                    }
                    IconButton {
                        id: sendButton
                        visible: !composer.chat.busy
                        extent: Theme.px(34)
                        look: PushButton.Primary
                        iconName: "arrow-up"
                        label: qsTr("Send")
                        hint: composer.chat.canSend ? qsTr("Send (%1)").arg(composer.shortcuts.keysFor("send")) : ""
                        enabled: composer.chat.canSend
                        onClicked: {
                            composer.send()
                            area.forceActiveFocus()
                        }
                    }
                    IconButton {
                        visible: composer.chat.busy
                        extent: Theme.px(34)
                        look: PushButton.Primary
                        iconName: "stop"
                        label: qsTr("Stop")
                        hint: qsTr("Stop (%1)").arg(composer.shortcuts.keysFor("stop"))
                        onClicked: {
                            composer.chat.stop()
                            area.forceActiveFocus()
                        }
                    }
                }
            }
        }
        Item {
            Layout.fillWidth: true
            Layout.leftMargin: 2
            Layout.rightMargin: 2
            Layout.preferredHeight: keyWords.implicitHeight

            Words {
                id: keyWords
                anchors.left: parent.left
                anchors.right: parent.right
                anchors.rightMargin: privacy.visible ? privacy.width + Theme.px(16) : 0
                text: composer.settings.sendWithEnter ? qsTr("Enter sends · Shift+Enter new line · Esc stops")
                                                      : qsTr("Shift+Enter sends · Enter new line · Esc stops")
                color: Theme.faint
                font.pixelSize: Theme.captionSize
                elide: Text.ElideRight
            }
            Words {
                id: privacy
                anchors.right: parent.right
                visible: parent.width > Theme.px(500) && !destination.visible
                text: qsTr("Nothing leaves this computer")
                color: Theme.faint
                font.pixelSize: Theme.captionSize
            }
        }
    }

    FontMetrics {
        id: metrics
        font: area.font
    }
}
