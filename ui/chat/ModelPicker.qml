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
    required property RemoteModels remotes

    signal openFolderRequested
    signal openFileRequested

    text: runner.loadingName !== "" ? runner.loadingName : runner.isDemo ? qsTr("Demo model") : runner.modelName !== "" ? runner.modelName : qsTr("Choose a model")
    hint: popup.visible ? "" : runner.state === ModelRunner.Ready ? runner.device : ""
    implicitHeight: Theme.px(34)
    implicitWidth: implicitContentWidth + leftPadding + rightPadding + 1
    Accessible.name: qsTr("Model")
    Accessible.description: runner.textGoesTo === "" ? text : text + ". " + runner.deviceReason
    Accessible.role: Accessible.ButtonMenu
    leftPadding: mark.visible ? Theme.px(34) : Theme.px(12)
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
        id: mark
        anchors.left: parent.left
        anchors.leftMargin: Theme.px(11)
        anchors.verticalCenter: parent.verticalCenter
        visible: picker.runner.textGoesTo !== ""
        source: Theme.icon("globe")
        size: Theme.px(16)
        color: Theme.warn
    }
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
                // On at the end of the list goes to the next one.
                Keys.onDownPressed: (event) => {
                    event.accepted = remote.count > 0 && currentIndex === count - 1
                    if (event.accepted)
                        remote.enter()
                }
            }
            Words {
                visible: remote.count > 0
                text: qsTr("On other machines")
                color: Theme.dim
                font.pixelSize: Theme.captionSize
                font.weight: Font.DemiBold
                Layout.fillWidth: true
                Layout.leftMargin: Theme.px(10)
                Layout.topMargin: Theme.px(8)
                Layout.bottomMargin: Theme.px(2)
            }
            ListView {
                id: remote
                visible: count > 0
                model: picker.remotes
                clip: true
                boundsBehavior: Flickable.StopAtBounds
                Layout.fillWidth: true
                Layout.preferredHeight: Math.min(contentHeight, Theme.px(160))
                activeFocusOnTab: true
                Accessible.role: Accessible.List
                Accessible.name: qsTr("Models on other machines")
                delegate: RemoteChoice {
                    width: ListView.view.width
                    active: location === picker.runner.modelPath
                    current: remote.activeFocus && ListView.isCurrentItem
                    onChosen: {
                        popup.close()
                        picker.runner.load(location)
                    }
                }
                Keys.onReturnPressed: (currentItem as RemoteChoice)?.chosen()
                Keys.onEnterPressed: (currentItem as RemoteChoice)?.chosen()
                Keys.onSpacePressed: (currentItem as RemoteChoice)?.chosen()
                Keys.onUpPressed: (event) => {
                    event.accepted = currentIndex <= 0
                    if (event.accepted)
                        models.forceActiveFocus(Qt.BacktabFocusReason)
                }

                function enter() {
                    currentIndex = 0
                    forceActiveFocus(Qt.TabFocusReason)
                }
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
