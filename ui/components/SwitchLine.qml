import QtQuick
import QtQuick.Controls.Basic

/// A switch with its words at the left, as wide as it is given.
Switch {
    id: control

    font.family: Theme.sansFamily
    font.pixelSize: Theme.bodySize
    padding: 0
    implicitHeight: Theme.controlHeight
    indicator: Rectangle {
        x: control.mirrored ? 0 : control.width - width
        y: (control.height - height) / 2
        implicitWidth: Theme.px(36)
        implicitHeight: Theme.px(20)
        radius: height / 2
        color: control.checked ? Theme.accent : Theme.faint

        Rectangle {
            x: control.visualPosition * (parent.width - width - 4) + 2
            y: 2
            width: parent.height - 4
            height: width
            radius: width / 2
            color: control.checked ? Theme.inkOnAccent : Theme.card

            Behavior on x {
                NumberAnimation { duration: Theme.motion }
            }
        }
        FocusRing {
            shown: control.visualFocus
        }
    }
    contentItem: Words {
        text: control.text
        font: control.font
        wrapMode: Text.Wrap
        verticalAlignment: Text.AlignVCenter
        rightPadding: control.indicator.width + Theme.px(16)
        Accessible.ignored: true
    }
    Accessible.role: Accessible.CheckBox
    Accessible.name: text
    Accessible.checkable: true
    Accessible.checked: checked
    Accessible.onPressAction: { control.toggle(); control.toggled() }
    Accessible.onToggleAction: { control.toggle(); control.toggled() }
}
