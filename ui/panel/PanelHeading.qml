import QtQuick
import QtQuick.Layouts

/// The heading of a part of a panel; a dot says that it was changed, and takes that back when pressed. Further actions
/// stand at its end.
RowLayout {
    id: heading

    required property string text
    required property string resetLabel
    property string resetHint: qsTr("Changed. Press to take it back.")
    property bool modified: false
    default property alias actions: end.data

    signal resetRequested

    spacing: Theme.px(4)
    Layout.fillWidth: true
    Layout.preferredHeight: Theme.px(26)

    Words {
        text: heading.text
        font.pixelSize: Theme.px(14)
        font.weight: Font.DemiBold
        Accessible.role: Accessible.Heading
    }
    IconButton {
        opacity: heading.modified ? 1 : 0
        enabled: heading.modified
        extent: Theme.px(24)
        iconExtent: Theme.px(14)
        iconName: "reset"
        label: heading.resetLabel
        hint: heading.resetHint
        Accessible.ignored: !heading.modified
        onClicked: heading.resetRequested()
    }
    Item { Layout.fillWidth: true }
    Row { id: end }
}
