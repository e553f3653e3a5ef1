pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// One message: the person's in a bubble at the far side, a reply as plain text over the whole column; below it what can be
/// done with it, shown on hover and on keyboard focus.
FocusScope {
    id: row

    required property int index
    required property real messageId
    required property string role
    required property string text
    required property string plainText
    required property BlockListModel blocks
    required property string status
    required property string statusText
    required property int versionIndex
    required property int versionCount
    required property int tokens
    required property real tokensPerSecond
    required property real firstTokenMs
    required property string finishReason
    required property string modelName

    required property ChatViewModel chat
    property bool current: false
    property bool last: false
    property bool editing: false
    property bool flashed: false

    readonly property bool fromUser: role === "user"
    readonly property bool growing: status === "waiting" || status === "streaming"
    readonly property bool cutShort: status === "interrupted" || status === "cancelled" || status === "failed"
    readonly property string speaker: fromUser ? qsTr("You") : role === "system" ? qsTr("System") : qsTr("Assistant")

    signal editRequested
    signal editEnded

    implicitHeight: column.implicitHeight

    Accessible.role: Accessible.ListItem
    Accessible.name: qsTr("%1: %2").arg(speaker).arg(plainText)
    Accessible.description: statusText
    Accessible.focusable: true

    HoverHandler { id: hover }

    FocusRing {
        anchors.fill: column
        anchors.margins: -Theme.px(10)
        radius: Theme.radius
        shown: row.activeFocus && row.current && !row.editing && row.Window.activeFocusItem === row
    }
    Rectangle {
        anchors.fill: column
        anchors.margins: -Theme.px(10)
        radius: Theme.radius
        color: Theme.soft
        opacity: row.flashed ? 0.8 : 0
        visible: opacity > 0

        Behavior on opacity {
            NumberAnimation { duration: Theme.motion }
        }
    }

    ColumnLayout {
        id: column
        width: Math.min(row.width - Theme.px(48), Theme.columnWidth)
        anchors.horizontalCenter: parent.horizontalCenter
        spacing: 4

        // A Repeater of one, because in Qt 6.4 a Loader cannot create bound components; in a Column, because a layout of
        // Qt 6.4 still touches items that a Repeater has destroyed.
        Column {
            Layout.fillWidth: true

            Repeater {
                model: 1
                delegate: row.editing ? editor : row.fromUser ? bubble : body
            }
        }
        ReplyNote {
            visible: row.growing || row.cutShort
            status: row.status
            statusText: row.statusText
            open: row.cutShort && row.last && !row.fromUser && !row.chat.busy
            continuable: row.chat.continues && row.text !== ""
            Layout.fillWidth: true
            onContinueRequested: row.chat.continueReply(row.messageId)
            onAgainRequested: row.chat.regenerate(row.messageId)
        }
        MessageActions {
            id: actions
            visible: !row.editing && !row.growing
            shown: hover.hovered || row.activeFocus || (row.last && !row.fromUser)
            fromUser: row.fromUser
            reachable: row.activeFocusOnTab
            versionIndex: row.versionIndex
            versionCount: row.versionCount
            busy: row.chat.busy
            statistics: row.fromUser ? "" : joined([tokenText, speedText, firstText, endText])
            Layout.fillWidth: true
            onCopyRequested: (asMarkdown) => row.chat.copy(row.messageId, asMarkdown)
            onEditRequested: row.editRequested()
            onRegenerateRequested: row.chat.regenerate(row.messageId)
            onVersionRequested: (delta) => row.chat.selectVersion(row.messageId, delta)

            function joined(parts: var): string {
                return parts.filter(part => part !== "").join(" · ")
            }

            readonly property string tokenText: row.tokens > 0 ? Theme.tokens(row.tokens) : ""
            readonly property string speedText: row.tokensPerSecond > 0 ? qsTr("%1 tok/s").arg(Theme.count(row.tokensPerSecond)) : ""
            readonly property string firstText: row.firstTokenMs >= 50
                ? qsTr("first after %1 s").arg(Number(row.firstTokenMs / 1000).toLocaleString(Qt.locale(), "f", 1)) : ""
            readonly property string endText: row.finishReason === "length" ? qsTr("cut at the maximum length") : ""
        }
    }

    Component {
        id: bubble

        Rectangle {
            anchors.right: parent?.right
            width: Math.min(column.width * 0.88, measure.implicitWidth + Theme.px(34))
            height: words.implicitHeight + Theme.px(24)
            radius: Theme.radius
            color: Theme.user

            Text {
                id: measure
                visible: false
                text: row.text
                textFormat: Text.PlainText
                font: words.font
            }
            ProseText {
                id: words
                anchors.fill: parent
                anchors.margins: Theme.px(12)
                anchors.leftMargin: Theme.px(16)
                anchors.rightMargin: Theme.px(16)
                text: Theme.literal(row.text)
            }
        }
    }
    Component {
        id: body

        MessageBody {
            blocks: row.blocks
            width: column.width
        }
    }
    Component {
        id: editor

        MessageEditor {
            width: column.width
            original: row.chat.textOf(row.messageId)
            answerFollows: row.fromUser
            onSaved: (text) => {
                row.editEnded()
                row.chat.edit(row.messageId, text)
            }
            onCancelled: row.editEnded()
        }
    }
}
