import QtQuick

/// A small quiet word to press, as under a message or in the head of a code block.
PushButton {
    look: PushButton.Quiet
    implicitHeight: Theme.px(26)
    leftPadding: Theme.px(7)
    rightPadding: Theme.px(7)
    font.pixelSize: Theme.captionSize
    iconExtent: Theme.px(15)
    spacing: Theme.px(5)
}
