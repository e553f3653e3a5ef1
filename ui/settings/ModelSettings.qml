pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// Where models are kept, and for how long one stays in memory.
SettingsGroup {
    id: group

    required property AppRoot app

    signal moveRequested

    title: qsTr("Models")

    SettingsLine {
        label: qsTr("Models folder")

        PushButton {
            text: qsTr("Move…")
            Accessible.name: qsTr("Move the models folder")
            onClicked: group.moveRequested()
        }
    }
    Words {
        text: group.app.library.modelsDir
        color: Theme.dim
        font.pixelSize: Theme.smallSize
        elide: Text.ElideMiddle
        Layout.fillWidth: true
        Layout.topMargin: -Theme.px(10)
    }
    Column {
        spacing: 8
        Layout.fillWidth: true

        Repeater {
            model: group.app.library.jobs
            delegate: JobLine {
                width: group.width
                onCancelRequested: group.app.library.jobs.cancel(index)
                onDismissRequested: group.app.library.jobs.dismiss(index)
            }
        }
        Banner {
            visible: group.app.library.problem !== ""
            width: group.width
            message: group.app.library.problem
            onDismissed: group.app.library.dismissProblem()
        }
    }
    SettingsLine {
        label: qsTr("Keep the model in memory")

        Chip {
            text: qsTr("Always")
            checked: group.app.settings.keepLoadedMinutes === 0
            onClicked: group.app.settings.keepLoadedMinutes = 0
        }
        Row {
            spacing: 8

            Repeater {
                model: [5, 30, 120]
                delegate: Chip {
                    required property int modelData

                    text: modelData < 60 ? qsTr("%n minute(s)", "", modelData) : qsTr("%n hour(s)", "", modelData / 60)
                    checked: group.app.settings.keepLoadedMinutes === modelData
                    onClicked: group.app.settings.keepLoadedMinutes = modelData
                }
            }
        }
    }
    Words {
        text: qsTr("After so long without a message the memory is given back. The next message loads the model again by itself.")
        color: Theme.dim
        font.pixelSize: Theme.smallSize
        lineHeight: 1.35
        wrapMode: Text.Wrap
        Layout.fillWidth: true
        Layout.topMargin: -8
    }
}
