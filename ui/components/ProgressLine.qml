import QtQuick

/// A thin bar that is filled from the reading side; `value` from 0 to 1.
Rectangle {
    id: bar

    property real value: 0
    property color fill: Theme.accent

    implicitHeight: 4
    radius: height / 2
    color: Theme.line

    Rectangle {
        width: Math.round(bar.width * Math.min(1, Math.max(0, bar.value)))
        height: parent.height
        radius: parent.radius
        color: bar.fill
        LayoutMirroring.enabled: bar.LayoutMirroring.enabled
    }

    Accessible.role: Accessible.ProgressBar
}
