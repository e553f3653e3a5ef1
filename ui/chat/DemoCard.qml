import QtQuick
import QtQuick.Layouts

/// Says what the built-in model is and how to get a real one.
Rectangle {
    id: card

    signal openFolderRequested
    signal openFileRequested

    implicitHeight: column.implicitHeight + Theme.px(36)
    radius: Theme.radius
    color: Theme.soft

    ColumnLayout {
        id: column
        anchors.fill: parent
        anchors.margins: Theme.px(18)
        spacing: 8

        Words {
            text: qsTr("This is a tiny demonstration model")
            font.weight: Font.DemiBold
            wrapMode: Text.Wrap
            Layout.fillWidth: true
        }
        Words {
            text: qsTr("It shows how Sotto works and knows little beyond that. For real answers, download an ERNIE 4.5 model "
                       + "(the 0.3B one, 0.7 GB, runs on any computer) and open its folder here. It is used where it lies; nothing is copied.")
            font.pixelSize: Theme.px(14)
            color: Theme.dim
            lineHeight: 1.4
            wrapMode: Text.Wrap
            Layout.fillWidth: true
        }
        Flow {
            spacing: 8
            Layout.fillWidth: true
            Layout.topMargin: 4

            PushButton {
                text: qsTr("Open a folder…")
                iconName: "folder"
                onClicked: card.openFolderRequested()
            }
            PushButton {
                text: qsTr("Open a file…")
                iconName: "file"
                onClicked: card.openFileRequested()
            }
        }
    }
}
