pragma ComponentBehavior: Bound

import QtQuick

/// Three dots that breathe: something is being worked on.
Row {
    id: dots

    spacing: Theme.px(4)
    Accessible.role: Accessible.Animation
    Accessible.name: qsTr("Working")

    Repeater {
        model: 3
        delegate: Rectangle {
            id: dot

            required property int index

            width: Theme.px(6)
            height: width
            radius: width / 2
            color: Theme.accent

            SequentialAnimation on opacity {
                running: dots.visible
                loops: Animation.Infinite
                PauseAnimation { duration: dot.index * 160 }
                NumberAnimation { to: 1; duration: 150 }
                NumberAnimation { to: 0.3; duration: 150 }
                PauseAnimation { duration: (4 - dot.index) * 160 }
            }
        }
    }
}
