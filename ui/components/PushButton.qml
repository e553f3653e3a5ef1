import QtQuick
import QtQuick.Controls.Basic

/// The button of the whole window: with text, an icon or both. Other buttons are made of it, so that the press action of
/// assistive technology is handled here once.
Button {
    id: control

    enum Look { Quiet, Outlined, Primary, Danger }

    property int look: PushButton.Outlined
    /// Words for a tooltip; empty: none.
    property string hint: ""
    property string iconName: ""
    property int iconExtent: Theme.iconSize
    readonly property color ink: look === PushButton.Primary ? Theme.inkOnAccent
        : look === PushButton.Danger ? Theme.warn
        : look === PushButton.Quiet ? (hovered || down || checked ? Theme.text : Theme.dim) : Theme.text
    readonly property color ground: {
        if (look === PushButton.Primary)
            return hovered || down ? Theme.accentHover : Theme.accent
        if (down)
            return Theme.press
        if (hovered || checked)
            return Theme.hover
        return "transparent"
    }

    focusPolicy: Qt.StrongFocus
    opacity: enabled ? 1 : 0.45
    hoverEnabled: true
    spacing: Theme.px(6)
    padding: Theme.px(6)
    leftPadding: Theme.px(12)
    rightPadding: Theme.px(12)
    implicitHeight: Theme.px(32)
    font.pixelSize: Theme.smallSize
    font.weight: look === PushButton.Quiet ? Font.Normal : Font.DemiBold
    icon.source: iconName === "" ? "" : Theme.icon(iconName)
    icon.width: iconExtent
    icon.height: iconExtent
    icon.color: ink
    palette.buttonText: ink
    palette.brightText: ink
    palette.windowText: ink

    background: Rectangle {
        radius: Theme.radius
        color: control.look === PushButton.Outlined || control.look === PushButton.Danger ? Theme.card : control.ground
        border.width: control.look === PushButton.Outlined || control.look === PushButton.Danger ? 1 : 0
        border.color: Theme.line

        Rectangle {
            anchors.fill: parent
            radius: parent.radius
            visible: control.look === PushButton.Outlined || control.look === PushButton.Danger
            color: control.ground
        }
        FocusRing { shown: control.visualFocus }
    }

    Keys.onReturnPressed: if (enabled) clicked()
    Keys.onEnterPressed: if (enabled) clicked()

    Accessible.role: Accessible.Button
    Accessible.name: text
    Accessible.description: hint === Accessible.name ? "" : hint
    Accessible.onPressAction: if (enabled) clicked()

    HoverHandler {
        cursorShape: control.enabled ? Qt.PointingHandCursor : Qt.ArrowCursor
    }

    HintTip {
        text: control.hint
        visible: control.hint !== "" && (control.hovered || control.visualFocus) && !control.down
    }
}
