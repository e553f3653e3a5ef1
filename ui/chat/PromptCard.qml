import QtQuick

/// An example to begin with; pressing it sends it.
PushButton {
    id: card

    font.weight: Font.Normal
    implicitHeight: implicitContentHeight + Theme.px(28)
    background: Rectangle {
        radius: Theme.radius
        color: card.down ? Theme.soft : Theme.card
        border.width: 1
        border.color: card.hovered ? Theme.accent : Theme.line

        FocusRing { shown: card.visualFocus }
    }
    contentItem: Words {
        text: card.text
        font.pixelSize: Theme.px(14)
        lineHeight: 1.3
        wrapMode: Text.Wrap
        verticalAlignment: Text.AlignVCenter
        Accessible.ignored: true
    }
}
