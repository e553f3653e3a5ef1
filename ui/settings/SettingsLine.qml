import QtQuick
import QtQuick.Layouts

/// A line of the settings: what it is at the reading side, the controls at the far side.
RowLayout {
    id: line

    required property string label

    spacing: 8
    Layout.fillWidth: true

    Words {
        text: line.label
        wrapMode: Text.Wrap
        Layout.fillWidth: true
        Layout.minimumHeight: Theme.controlHeight
        verticalAlignment: Text.AlignVCenter
    }
}
