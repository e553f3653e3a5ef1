import QtQuick

/// The outline of the control that has keyboard focus; fill it over the control.
Rectangle {
    property bool shown: false

    anchors.fill: parent
    anchors.margins: -2
    visible: shown
    color: "transparent"
    radius: Theme.radius + 2
    border.width: 2
    border.color: Theme.accent
    z: 1
}
