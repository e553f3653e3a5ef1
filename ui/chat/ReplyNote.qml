pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts

/// How a reply stands while it is not whole: on its way, or cut short and why, with what can be done about it.
Item {
    id: note

    required property string status
    required property string statusText
    /// Whether something can be done about it.
    required property bool open
    /// Whether it can be written on from where it was cut; else only anew.
    required property bool continuable
    readonly property bool growing: status === "waiting" || status === "streaming"

    signal continueRequested
    signal againRequested

    implicitHeight: growing ? Theme.px(28) : line.implicitHeight + Theme.px(4)

    RowLayout {
        id: line
        width: parent.width
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.px(8)

        WorkingDots {
            visible: note.growing
        }
        Icon {
            visible: !note.growing
            source: Theme.icon(note.status === "cancelled" ? "info" : "warning")
            size: Theme.px(16)
            color: note.status === "cancelled" ? Theme.faint : Theme.warn
        }
        Words {
            visible: note.status !== "streaming"
            text: note.statusText
            color: note.status === "failed" || note.status === "interrupted" ? Theme.warn : Theme.dim
            font.pixelSize: Theme.smallSize
            wrapMode: Text.Wrap
            Layout.fillWidth: !note.open
            Layout.maximumWidth: note.width - Theme.px(note.open ? 150 : 40)
        }
        PushButton {
            visible: note.open && note.continuable
            text: qsTr("Continue")
            implicitHeight: Theme.px(28)
            onClicked: note.continueRequested()
        }
        PushButton {
            visible: note.open && !note.continuable
            text: qsTr("Try again")
            implicitHeight: Theme.px(28)
            onClicked: note.againRequested()
        }
        Item { Layout.fillWidth: true }
    }
}
