pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// The loaded model's name; pressed, the models that are known and the way to open another.
PushButton {
    id: picker

    required property ModelRunner runner
    required property ModelLibrary library

    signal openFolderRequested
    signal openFileRequested

    text: runner.loadingName !== "" ? runner.loadingName : runner.isDemo ? qsTr("Demo model") : runner.modelName !== "" ? runner.modelName : qsTr("Choose a model")
    hint: popup.visible ? "" : runner.state === ModelRunner.Ready ? runner.device : ""
    implicitHeight: Theme.px(34)
    implicitWidth: implicitContentWidth + leftPadding + rightPadding + 1
    Accessible.name: qsTr("Model")
    Accessible.description: text
    Accessible.role: Accessible.ButtonMenu
    rightPadding: Theme.px(30)
    contentItem: Words {
        text: picker.text
        elide: Text.ElideRight
        verticalAlignment: Text.AlignVCenter
        font.pixelSize: Theme.smallSize
        Accessible.ignored: true
    }
    onClicked: popup.visible ? popup.close() : popup.open()

    Icon {
        anchors.right: parent.right
        anchors.rightMargin: Theme.px(10)
        anchors.verticalCenter: parent.verticalCenter
        source: Theme.icon("chevron-down")
        size: Theme.px(14)
    }
    Popup {
        id: popup
        y: picker.height + 4
        x: picker.width - width
        width: Theme.px(320)
        height: Math.min(implicitHeight, Theme.px(480))
        padding: 4
        margins: 8
        focus: true
        onOpened: {
            models.currentIndex = 0
            models.forceActiveFocus()
        }
        onClosed: picker.forceActiveFocus()
        background: Rectangle {
            color: Theme.card
            radius: Theme.radius
            border.width: 1
            border.color: Theme.line
        }
        enter: Transition {
            NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.motion }
        }

        ColumnLayout {
            anchors.fill: parent
            spacing: 2

            ListView {
                id: models
                model: picker.library
                clip: true
                boundsBehavior: Flickable.StopAtBounds
                Layout.fillWidth: true
                Layout.fillHeight: true
                Layout.preferredHeight: contentHeight
                activeFocusOnTab: true
                Accessible.role: Accessible.List
                Accessible.name: qsTr("Known models")
                delegate: ModelChoice {
                    width: ListView.view.width
                    current: models.activeFocus && ListView.isCurrentItem
                    onChosen: {
                        popup.close()
                        picker.library.use(index)
                    }
                    onForgotten: picker.library.removeAt(index)
                }
                Keys.onReturnPressed: (currentItem as ModelChoice)?.choose()
                Keys.onEnterPressed: (currentItem as ModelChoice)?.choose()
                Keys.onSpacePressed: (currentItem as ModelChoice)?.choose()
                Keys.onDeletePressed: (currentItem as ModelChoice)?.forget()
            }
            Rectangle {
                color: Theme.line
                Layout.fillWidth: true
                Layout.preferredHeight: 1
                Layout.topMargin: 2
                Layout.bottomMargin: 2
            }
            SidebarEntry {
                text: qsTr("Open a folder…")
                iconName: "folder"
                Layout.fillWidth: true
                onClicked: {
                    popup.close()
                    picker.openFolderRequested()
                }
            }
            SidebarEntry {
                text: qsTr("Open a file…")
                iconName: "file"
                Layout.fillWidth: true
                onClicked: {
                    popup.close()
                    picker.openFileRequested()
                }
            }
        }
    }
}
