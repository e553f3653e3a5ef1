pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// Says what the built-in model is, and offers the best real one for this machine in one click.
Rectangle {
    id: card

    required property AppRoot app

    signal modelsRequested
    signal openFolderRequested

    onVisibleChanged: if (visible) app.machine.look()
    Component.onCompleted: if (visible) app.machine.look()

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
            text: qsTr("It shows how Sotto works and knows little beyond that. For real answers, get a real model once; it then runs on this computer alone.")
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

            // The recommended row of the catalogue is the only one that shows.
            Repeater {
                model: card.app.catalog
                delegate: PushButton {
                    required property int index
                    required property string title
                    required property bool recommended
                    required property string state
                    required property var choices
                    required property int best
                    readonly property var choice: best >= 0 ? choices[best] : null

                    visible: recommended && choice !== null
                    look: PushButton.Primary
                    enabled: card.app.hub.blocked === "" || state !== "available"
                    hint: card.app.hub.blocked !== "" ? card.app.hub.blocked : choice === null ? "" : choice.verdictText
                    text: choice === null ? ""
                        : state === "downloading" ? qsTr("Downloading %1…").arg(title)
                        : state === "installed" ? qsTr("Choose %1").arg(title)
                        : qsTr("Download %1, %2").arg(title).arg(choice.bytesText)
                    onClicked: {
                        if (state === "available")
                            card.app.catalog.get(index, best)
                        card.modelsRequested()
                    }
                }
            }
            PushButton {
                text: qsTr("All models")
                onClicked: card.modelsRequested()
            }
            PushButton {
                text: qsTr("Open a folder…")
                iconName: "folder"
                onClicked: card.openFolderRequested()
            }
        }
    }
}
