import QtQuick
import QtQuick.Controls.Basic

/// A line of an ActionMenu: icon and words.
MenuItem {
    id: item

    property string iconName: ""
    property bool danger: false
    readonly property color ink: danger ? Theme.warn : Theme.text

    implicitHeight: Theme.px(34)
    leftPadding: Theme.px(10)
    spacing: Theme.px(10)
    font.family: Theme.sansFamily
    font.pixelSize: Theme.smallSize
    icon.source: iconName === "" ? "" : Theme.icon(iconName)
    icon.width: Theme.px(16)
    icon.height: Theme.px(16)
    icon.color: danger ? Theme.warn : Theme.dim
    palette.windowText: ink
    palette.text: ink
    palette.buttonText: ink
    background: Rectangle {
        radius: 6
        color: item.highlighted ? Theme.hover : "transparent"
    }
    Accessible.name: text
    Accessible.onPressAction: triggered()
}
