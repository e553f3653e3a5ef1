import QtQuick

/// A line between two parts.
Item {
    implicitHeight: Theme.px(17)

    Rectangle {
        anchors.verticalCenter: parent.verticalCenter
        width: parent.width
        height: 1
        color: Theme.line
    }
}
