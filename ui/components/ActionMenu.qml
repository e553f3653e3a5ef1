import QtQuick
import QtQuick.Controls.Basic

/// A menu of a few actions (ActionMenuItem).
Menu {
    id: menu

    padding: 4
    implicitWidth: Theme.px(200)
    background: Rectangle {
        color: Theme.card
        radius: Theme.radius
        border.width: 1
        border.color: Theme.line
    }
    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.motion }
    }
}
