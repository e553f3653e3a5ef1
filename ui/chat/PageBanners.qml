pragma ComponentBehavior: Bound

import QtQuick
import Sotto.App

/// What the person must know about the program, the model or the chat, each as a line above the messages.
Item {
    id: banners

    required property AppRoot app

    signal openFolderRequested

    implicitHeight: column.height > 0 ? column.height + Theme.px(16) : 0

    Column {
        id: column
        y: Theme.px(12)
        width: Math.min(parent.width - Theme.px(32), Theme.columnWidth)
        anchors.horizontalCenter: parent.horizontalCenter
        spacing: 8

        Banner {
            visible: banners.app.notice !== ""
            message: banners.app.notice
            width: parent.width
            onDismissed: banners.app.dismissNotice()
        }
        LoadingStrip {
            visible: banners.app.runner.state === ModelRunner.Loading
            runner: banners.app.runner
            width: parent.width
        }
        Banner {
            visible: banners.app.runner.error !== ""
            message: banners.app.runner.error
            detail: banners.app.runner.errorDetail
            width: parent.width
            onDismissed: banners.app.runner.dismissError()

            PushButton {
                visible: banners.app.runner.state === ModelRunner.Failed
                text: qsTr("Use the demo model")
                onClicked: banners.app.runner.loadDemo()
            }
            PushButton {
                text: qsTr("Open a folder…")
                onClicked: banners.openFolderRequested()
            }
        }
        Banner {
            visible: banners.app.runner.state === ModelRunner.Empty
            message: qsTr("No model is loaded. Choose one, or use the small one that comes with Sotto.")
            trouble: false
            dismissible: false
            width: parent.width

            PushButton {
                text: qsTr("Use the demo model")
                onClicked: banners.app.runner.loadDemo()
            }
            PushButton {
                text: qsTr("Open a folder…")
                onClicked: banners.openFolderRequested()
            }
        }
        Banner {
            visible: banners.app.chat.error !== ""
            message: banners.app.chat.error
            detail: banners.app.chat.errorDetail
            width: parent.width
            onDismissed: banners.app.chat.dismissError()
        }
    }
}
