import QtQuick
import QtQuick.Controls.Basic

/// A slider in the window's colours; it fills its width.
Slider {
    id: control

    required property string label

    snapMode: Slider.SnapAlways
    implicitHeight: Theme.px(20)
    padding: 0
    background: Rectangle {
        x: 0
        y: (control.height - height) / 2
        width: control.width
        height: 4
        radius: 2
        color: Theme.line

        Rectangle {
            x: control.mirrored ? parent.width - width : 0
            width: control.position * parent.width
            height: parent.height
            radius: 2
            color: Theme.accent
        }
    }
    handle: Rectangle {
        x: control.visualPosition * (control.width - width)
        y: (control.height - height) / 2
        width: Theme.px(16)
        height: width
        radius: width / 2
        color: control.pressed ? Theme.soft : Theme.card
        border.width: 2
        border.color: Theme.accent

        FocusRing {
            radius: height / 2
            shown: control.visualFocus
        }
    }
    Accessible.role: Accessible.Slider
    Accessible.name: label
    Accessible.onIncreaseAction: { increase(); moved() }
    Accessible.onDecreaseAction: { decrease(); moved() }
}
