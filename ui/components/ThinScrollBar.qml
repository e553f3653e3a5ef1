import QtQuick
import QtQuick.Controls.Basic

/// A narrow scroll bar that fades while nothing moves.
ScrollBar {
    id: bar

    padding: 2
    minimumSize: 0.06
    contentItem: Rectangle {
        implicitWidth: bar.interactive ? 6 : 3
        implicitHeight: bar.interactive ? 6 : 3
        radius: 3
        color: bar.pressed ? Theme.dim : Theme.faint
        visible: bar.size < 1
        opacity: bar.pressed ? 0.8 : bar.hovered ? 0.6 : bar.active ? 0.4 : 0.2

        Behavior on opacity {
            NumberAnimation { duration: Theme.motion }
        }
    }
    background: null
}
