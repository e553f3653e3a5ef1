import QtQuick

/// One of several choices in a row; `checked` says which.
PushButton {
    id: chip

    look: PushButton.Outlined
    implicitHeight: Theme.px(28)
    font.weight: checked ? Font.DemiBold : Font.Normal
    palette.buttonText: checked ? Theme.text : Theme.dim
    background: Rectangle {
        radius: height / 2
        color: chip.checked ? Theme.soft : chip.hovered ? Theme.hover : Theme.card
        border.width: 1
        border.color: chip.checked ? Theme.accent : Theme.line

        FocusRing {
            radius: height / 2
            shown: chip.visualFocus
        }
    }
    Accessible.role: Accessible.RadioButton
    Accessible.checkable: true
    Accessible.checked: checked
}
