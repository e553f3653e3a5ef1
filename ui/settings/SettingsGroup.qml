import QtQuick
import QtQuick.Layouts

/// A titled part of the settings; its lines go inside.
ColumnLayout {
    id: group

    required property string title

    spacing: Theme.px(12)
    Layout.fillWidth: true

    Words {
        text: group.title
        font.pixelSize: Theme.smallSize
        font.weight: Font.DemiBold
        color: Theme.faint
        Accessible.role: Accessible.Heading
    }
    Rectangle {
        color: Theme.line
        Layout.fillWidth: true
        Layout.preferredHeight: 1
        Layout.topMargin: -Theme.px(4)
    }
}
