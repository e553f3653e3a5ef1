import QtQuick
import QtQuick.Layouts

/// A short message at the foot of the window with one action; goes by itself, but waits while the pointer is on it.
Rectangle {
    id: toast

    required property string message
    required property string actionText
    property bool shown: false
    property int milliseconds: 8000

    signal action
    signal expired

    implicitWidth: row.implicitWidth + Theme.px(24)
    implicitHeight: Theme.px(44)
    radius: Theme.radius
    color: Theme.text
    opacity: shown ? 1 : 0
    visible: opacity > 0

    Accessible.role: Accessible.AlertMessage
    Accessible.name: message

    Behavior on opacity {
        NumberAnimation { duration: Theme.motion }
    }

    RowLayout {
        id: row
        anchors.fill: parent
        anchors.leftMargin: Theme.px(16)
        anchors.rightMargin: Theme.px(8)
        spacing: Theme.px(12)

        Words {
            text: toast.message
            color: Theme.bg
            font.pixelSize: Theme.smallSize
            elide: Text.ElideRight
            Layout.fillWidth: true
            Layout.maximumWidth: Theme.px(340)
        }
        PushButton {
            id: button
            text: toast.actionText
            look: PushButton.Quiet
            font.weight: Font.DemiBold
            palette.buttonText: Theme.dark ? "#1F5D50" : "#8FD3C3"
            onClicked: toast.action()
        }
    }

    HoverHandler { id: hover }

    Timer {
        running: toast.shown && !hover.hovered && !button.activeFocus
        interval: toast.milliseconds
        onTriggered: toast.expired()
    }
}
