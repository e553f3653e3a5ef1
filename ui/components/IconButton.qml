import QtQuick

/// A square button that shows an icon only; `label` is its name for assistive technology and, unless `hint` says more, its tooltip.
PushButton {
    required property string label
    property int extent: Theme.px(32)

    look: PushButton.Quiet
    hint: label
    leftPadding: 0
    rightPadding: 0
    padding: 0
    implicitWidth: extent
    implicitHeight: extent
    Accessible.name: label
}
