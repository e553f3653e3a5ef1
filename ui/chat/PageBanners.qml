pragma ComponentBehavior: Bound

import QtQuick
import Sotto.App

/// What the person must know about the program, the model or the chat, each as a line above the messages.
Item {
    id: banners

    required property AppRoot app

    property int inset: Theme.px(16)  // at each side
    property int widest: Theme.columnWidth

    signal openFolderRequested

    /// A column whose last child was hidden keeps its height, so what shows is asked for.
    readonly property bool any: notice.visible || loading.visible || modelError.visible || noModel.visible || chatError.visible || chatNotice.visible

    implicitHeight: any ? column.height + Theme.px(16) : 0

    Column {
        id: column
        y: Theme.px(12)
        width: Math.min(parent.width - 2 * banners.inset, banners.widest)
        anchors.horizontalCenter: parent.horizontalCenter
        spacing: 8

        Banner {
            id: notice
            visible: banners.app.notice !== ""
            message: banners.app.notice
            width: parent.width
            onDismissed: banners.app.dismissNotice()
        }
        LoadingStrip {
            id: loading
            visible: banners.app.runner.state === ModelRunner.Loading
            runner: banners.app.runner
            width: parent.width
        }
        Banner {
            id: modelError
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
            id: noModel
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
            id: chatError
            visible: banners.app.chat.error !== ""
            message: banners.app.chat.error
            detail: banners.app.chat.errorDetail
            width: parent.width
            onDismissed: banners.app.chat.dismissError()
        }
        Banner {
            id: chatNotice
            visible: banners.app.chat.notice !== ""
            message: banners.app.chat.notice
            trouble: false
            width: parent.width
            onDismissed: banners.app.chat.dismissNotice()
        }
    }
}
