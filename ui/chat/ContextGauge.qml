import QtQuick
import QtQuick.Layouts

/// How many tokens of the context the conversation takes.
Item {
    id: gauge

    required property int used
    required property int capacity
    readonly property bool tight: used > capacity * 0.9

    implicitHeight: column.implicitHeight
    Accessible.role: Accessible.Indicator
    Accessible.name: qsTr("Context: %1 of %2 tokens").arg(Theme.count(used)).arg(Theme.count(capacity))

    ColumnLayout {
        id: column
        width: parent.width
        spacing: 4

        Words {
            text: qsTr("%1 of %2").arg(Theme.count(gauge.used)).arg(Theme.count(gauge.capacity))
            color: gauge.tight ? Theme.warn : Theme.dim
            font.pixelSize: Theme.px(11.5)
            fontSizeMode: Text.HorizontalFit
            minimumPixelSize: 8
            Layout.fillWidth: true
            Accessible.ignored: true
        }
        ProgressLine {
            value: gauge.used / gauge.capacity
            fill: gauge.tight ? Theme.warn : Theme.accent
            Layout.fillWidth: true
            Accessible.ignored: true
        }
    }
    HoverHandler { id: hover }
    HintTip {
        visible: hover.hovered
        text: qsTr("The conversation takes %1 of the %2 tokens that the model can read at once.")
            .arg(Theme.count(gauge.used)).arg(Theme.count(gauge.capacity))
    }
}
