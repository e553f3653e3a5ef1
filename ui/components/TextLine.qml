import QtQuick
import QtQuick.Controls.Basic

/// A one-line text field.
TextField {
    id: field

    property string label: placeholderText

    font.pixelSize: Theme.smallSize
    color: Theme.text
    placeholderTextColor: Theme.faint
    selectionColor: Theme.accent
    selectedTextColor: Theme.inkOnAccent
    selectByMouse: true
    verticalAlignment: TextInput.AlignVCenter
    implicitHeight: Theme.controlHeight
    leftPadding: Theme.px(12)
    rightPadding: Theme.px(12)
    topPadding: 0
    bottomPadding: 0
    background: Rectangle {
        radius: Theme.radius
        color: Theme.card
        border.width: field.activeFocus ? 2 : 1
        border.color: field.activeFocus ? Theme.accent : Theme.line
    }
    Accessible.name: label
}
