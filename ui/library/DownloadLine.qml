import QtQuick
import Sotto.App

/// A download: bar, bytes, speed, time left, and what can be done with it.
TaskLine {
    id: line

    required property int index
    required property int state
    required property double received
    required property double total
    required property string folder
    required detail
    required problem

    readonly property bool going: state === DownloadQueue.Queued || state === DownloadQueue.Running || state === DownloadQueue.Verifying

    /// Why nothing can be fetched now; empty: it can.
    property string blocked: ""

    signal upRequested
    signal pauseRequested
    signal resumeRequested
    signal cancelRequested
    signal chatRequested

    progress: state === DownloadQueue.Done ? 1 : total > 0 ? received / total : 0
    quiet: state === DownloadQueue.Paused || state === DownloadQueue.Queued
    barShown: state !== DownloadQueue.Done

    IconButton {
        visible: line.state === DownloadQueue.Queued && line.index > 0
        iconName: "arrow-up"
        iconExtent: Theme.px(16)
        label: qsTr("Move %1 up").arg(line.title)
        hint: qsTr("Earlier in the queue")
        onClicked: line.upRequested()
    }
    PushButton {
        visible: line.going && line.state !== DownloadQueue.Verifying
        text: qsTr("Pause")
        Accessible.description: line.title
        onClicked: line.pauseRequested()
    }
    PushButton {
        visible: line.state === DownloadQueue.Paused || line.state === DownloadQueue.Failed
        text: line.state === DownloadQueue.Failed ? qsTr("Try again") : qsTr("Resume")
        enabled: line.blocked === ""
        hint: line.blocked
        Accessible.name: qsTr("Resume")
        Accessible.description: line.title
        onClicked: line.resumeRequested()
    }
    PushButton {
        visible: line.state === DownloadQueue.Done
        text: qsTr("Chat")
        look: PushButton.Primary
        Accessible.description: line.title
        onClicked: line.chatRequested()
    }
    PushButton {
        text: line.state === DownloadQueue.Done ? qsTr("Dismiss") : qsTr("Cancel")
        hint: line.state === DownloadQueue.Done ? "" : qsTr("Ends the download and deletes what came")
        Accessible.description: line.title
        onClicked: line.cancelRequested()
    }
}
