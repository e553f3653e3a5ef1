import QtQuick
import QtQuick.Controls.Basic

/// A tab of a TabBar: words, underlined where it is open.
TabButton {
    id: tab

    width: implicitWidth
    implicitHeight: Theme.px(56)
    padding: 0
    leftPadding: Theme.px(10)
    rightPadding: Theme.px(10)
    focusPolicy: Qt.StrongFocus
    hoverEnabled: true
    font.family: Theme.sansFamily
    font.pixelSize: Theme.px(14)
    font.weight: checked ? Font.DemiBold : Font.Normal
    contentItem: Words {
        text: tab.text
        font: tab.font
        color: tab.checked || tab.hovered ? Theme.text : Theme.dim
        horizontalAlignment: Text.AlignHCenter
        verticalAlignment: Text.AlignVCenter
        Accessible.ignored: true
    }
    background: Item {
        Rectangle {
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.bottom: parent.bottom
            anchors.leftMargin: tab.leftPadding
            anchors.rightMargin: tab.rightPadding
            height: 2
            color: Theme.accent
            visible: tab.checked
        }
        FocusRing {
            anchors.topMargin: Theme.px(12)
            anchors.bottomMargin: Theme.px(12)
            shown: tab.visualFocus
        }
    }
    Accessible.name: text
    Accessible.onPressAction: toggle()
    HoverHandler { cursorShape: Qt.PointingHandCursor }
}
