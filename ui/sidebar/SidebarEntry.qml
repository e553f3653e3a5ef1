import QtQuick

/// A line at the foot of the sidebar that leads to a page.
PushButton {
    id: entry

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

        FocusRing { shown: entry.visualFocus }
    }
}
