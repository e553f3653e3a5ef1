import QtQuick
import QtQuick.Layouts

/// Something under way: its name, a bar, where it stands or what went wrong, and the buttons put inside.
Rectangle {
    id: line

    required property string title
    property string detail: ""
    property real progress: 0
    property bool barShown: true
    property bool quiet: false
    required property string statusText
    property string problem: ""
    default property alias actions: buttons.data

    implicitHeight: row.implicitHeight + Theme.px(34)
    radius: Theme.radius
    color: Theme.card
    border.width: 1
    border.color: problem !== "" ? Qt.alpha(Theme.warn, 0.5) : Theme.line

    Accessible.role: Accessible.ListItem
    Accessible.name: title
    Accessible.description: problem !== "" ? problem : statusText

    RowLayout {
        id: row
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        anchors.leftMargin: Theme.px(18)
        anchors.rightMargin: Theme.px(18)
        spacing: Theme.px(18)

        ColumnLayout {
            spacing: Theme.px(7)
            Layout.fillWidth: true

            RowLayout {
                id: names
                spacing: Theme.px(8)

                Words {
                    text: line.title
                    font.pixelSize: Theme.px(14)
                    font.weight: Font.DemiBold
                    elide: Text.ElideRight
                    Layout.fillWidth: true
                    Layout.maximumWidth: Math.ceil(implicitWidth)
                    Layout.minimumWidth: Math.min(Math.ceil(implicitWidth), names.width)
                    Accessible.ignored: true
                }
                // Also where it says nothing: something has to fill the line.
                Words {
                    text: line.detail
                    color: Theme.faint
                    font.pixelSize: Theme.smallSize
                    elide: Text.ElideRight
                    Layout.fillWidth: true
                    Layout.minimumWidth: 0
                }
            }
            ProgressLine {
                visible: line.barShown
                value: line.progress
                fill: line.quiet ? Theme.faint : line.problem !== "" ? Theme.warn : Theme.accent
                Layout.fillWidth: true
                Accessible.name: line.title
            }
            Words {
                visible: text !== ""
                text: line.statusText
                color: Theme.dim
                font.pixelSize: Theme.smallSize
                wrapMode: Text.Wrap
                Layout.fillWidth: true
                Accessible.ignored: true
            }
            Words {
                visible: text !== ""
                text: line.problem
                color: Theme.warn
                font.pixelSize: Theme.smallSize
                lineHeight: 1.25
                wrapMode: Text.Wrap
                Layout.fillWidth: true
                Accessible.role: Accessible.AlertMessage
            }
        }
        Row {
            id: buttons
            spacing: Theme.px(10)
        }
    }
}
