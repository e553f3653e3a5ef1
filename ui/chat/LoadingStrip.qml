import QtQuick
import QtQuick.Layouts
import Sotto.App

/// A model on its way in: name, share, and a way to call it off.
Rectangle {
    id: strip

    required property ModelRunner runner

    implicitHeight: row.implicitHeight + Theme.px(16)
    radius: Theme.radius
    color: Theme.card
    border.width: 1
    border.color: Theme.line

    RowLayout {
        id: row
        anchors.fill: parent
        anchors.leftMargin: Theme.px(14)
        anchors.rightMargin: Theme.px(8)
        spacing: Theme.px(14)

        ColumnLayout {
            spacing: 6
            Layout.fillWidth: true

            RowLayout {
                Words {
                    text: qsTr("Loading %1").arg(strip.runner.loadingName)
                    font.pixelSize: Theme.smallSize
                    elide: Text.ElideMiddle
                    Layout.fillWidth: true
                }
                Words {
                    text: qsTr("%1 %").arg(Math.round(strip.runner.progress * 100))
                    color: Theme.dim
                    font.pixelSize: Theme.smallSize
                }
            }
            ProgressLine {
                value: strip.runner.progress
                Layout.fillWidth: true
                Accessible.name: qsTr("Loading")
            }
        }
        PushButton {
            text: qsTr("Cancel")
            onClicked: strip.runner.cancelLoad()
        }
    }
}
