import QtQuick

/// A key or a combination of keys, drawn as a cap.
Rectangle {
    property alias text: words.text

    implicitWidth: words.implicitWidth + Theme.px(12)
    implicitHeight: Theme.px(20)
    radius: 4
    color: Theme.card
    border.width: 1
    border.color: Theme.line

    Text {
        id: words
        anchors.centerIn: parent
        font.family: Theme.sansFamily
        font.pixelSize: Theme.px(11)
        color: Theme.faint
    }
}
