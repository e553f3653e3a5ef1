pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// What is loaded, where it runs and why there, and the memory it takes. Leads to the models.
PushButton {
    id: chip

    required property ModelRunner runner
    readonly property bool loading: runner.state === ModelRunner.Loading
    readonly property string modelName: runner.isDemo ? qsTr("Demo model") : runner.modelName

    readonly property bool remote: runner.textGoesTo !== "" && !loading

    text: remote ? qsTr("Model on another machine: %1. Text goes to %2").arg(modelName).arg(runner.textGoesTo)
        : runner.state === ModelRunner.Ready ? qsTr("Loaded model: %1. %2").arg(modelName).arg(runner.device)
        : loading ? qsTr("Loading %1").arg(runner.loadingName)
        : runner.state === ModelRunner.Resting ? qsTr("%1 rests").arg(modelName) : qsTr("No model is loaded")
    hint: runner.state === ModelRunner.Ready ? runner.deviceReason : ""
    padding: Theme.px(12)
    leftPadding: Theme.px(12)
    implicitHeight: implicitContentHeight + Theme.px(22)

    background: Rectangle {
        radius: Theme.radius
        color: Theme.card
        border.width: 1
        border.color: chip.hovered ? Theme.faint : Theme.line

        FocusRing { shown: chip.visualFocus }
    }

    contentItem: ColumnLayout {
        spacing: 2

        Words {
            text: chip.runner.state === ModelRunner.Empty ? qsTr("No model")
                : chip.runner.state === ModelRunner.Failed ? qsTr("Model not loaded")
                : chip.loading ? chip.runner.loadingName : chip.modelName
            elide: Text.ElideRight
            font.pixelSize: Theme.smallSize
            font.weight: Font.DemiBold
            Layout.fillWidth: true
            Accessible.ignored: true
        }
        Words {
            visible: text !== ""
            text: chip.loading ? qsTr("Loading, %1 %").arg(Math.round(chip.runner.progress * 100))
                : chip.remote ? qsTr("Text goes to %1").arg(chip.runner.textGoesTo)
                : chip.runner.state === ModelRunner.Ready ? chip.runner.device
                : chip.runner.state === ModelRunner.Resting ? qsTr("Rests; the next message loads it") : qsTr("Choose one to start")
            color: chip.remote ? Theme.warn : Theme.dim
            font.pixelSize: Theme.captionSize
            wrapMode: Text.Wrap
            maximumLineCount: 2
            elide: Text.ElideRight
            lineHeight: 1.2
            Layout.fillWidth: true
            Accessible.ignored: true
        }
        ProgressLine {
            visible: chip.loading
            value: chip.runner.progress
            Layout.fillWidth: true
            Layout.topMargin: 4
        }
        Words {
            visible: chip.runner.state === ModelRunner.Ready && text !== ""
            text: chip.runner.memoryText
            color: chip.runner.readsFromDisk ? Theme.warn : Theme.dim
            font.pixelSize: Theme.captionSize
            wrapMode: Text.Wrap
            maximumLineCount: 2
            elide: Text.ElideRight
            Layout.fillWidth: true
            Accessible.ignored: true
        }
    }
}
