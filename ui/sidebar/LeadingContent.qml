import QtQuick

/// The inside of a wide button: icon and words at the reading side.
Item {
    id: content

    required property string text
    property string iconName: ""
    property color ink: Theme.text
    property color iconInk: ink
    property int weight: Font.Normal

    implicitWidth: words.implicitWidth + Theme.iconSize + Theme.px(10)
    implicitHeight: words.implicitHeight

    Icon {
        id: icon
        anchors.left: parent.left
        anchors.verticalCenter: parent.verticalCenter
        source: content.iconName === "" ? "" : Theme.icon(content.iconName)
        color: content.iconInk
    }
    Words {
        id: words
        anchors.left: icon.right
        anchors.leftMargin: Theme.px(8)
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        text: content.text
        color: content.ink
        elide: Text.ElideRight
        font.pixelSize: Theme.px(14)
        font.weight: content.weight
        Accessible.ignored: true
    }
}
