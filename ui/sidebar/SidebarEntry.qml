import QtQuick

/// A line at the foot of the sidebar that leads to a page.
PushButton {
    id: entry

    /// Of work that goes on behind the entry, 0 to 1; less: there is none.
    property real progress: -1

    look: PushButton.Quiet
    implicitHeight: Theme.controlHeight
    contentItem: LeadingContent {
        iconName: entry.iconName
        text: entry.text
        ink: Theme.text
        iconInk: entry.checked ? Theme.accent : Theme.dim
        weight: entry.checked ? Font.DemiBold : Font.Normal
    }
    background: Rectangle {
        radius: Theme.radius
        color: entry.checked ? Theme.soft : entry.down ? Theme.press : entry.hovered ? Theme.hover : "transparent"

        ProgressLine {
            visible: entry.progress >= 0
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.bottom: parent.bottom
            anchors.leftMargin: Theme.px(12)
            anchors.rightMargin: Theme.px(12)
            implicitHeight: 2
            value: entry.progress
            Accessible.name: qsTr("Downloads")
        }
        FocusRing { shown: entry.visualFocus }
    }
}
