pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// The models that are known, each used where it lies, and the way to open another.
FocusScope {
    id: page

    required property AppRoot app
    required property bool sidebarShown

    signal sidebarRequested
    signal openFolderRequested
    signal openFileRequested
    signal closeRequested

    Keys.onEscapePressed: closeRequested()

    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        PageHeader {
            sidebarShown: page.sidebarShown
            Layout.fillWidth: true
            onSidebarRequested: page.sidebarRequested()

            Words {
                text: qsTr("Models")
                font.pixelSize: Theme.px(16)
                font.weight: Font.DemiBold
                elide: Text.ElideRight
                Layout.fillWidth: true
                Accessible.role: Accessible.Heading
            }
            IconButton {
                iconName: "close"
                label: qsTr("Back to the chat")
                onClicked: page.closeRequested()
            }
        }
        PageBanners {
            app: page.app
            Layout.fillWidth: true
            onOpenFolderRequested: page.openFolderRequested()
        }
        ListView {
            id: list
            Layout.fillWidth: true
            Layout.fillHeight: true
            model: page.app.library
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            topMargin: Theme.px(24)
            bottomMargin: Theme.px(32)
            activeFocusOnTab: true
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Known models")

            header: Item {
                width: ListView.view.width
                height: intro.implicitHeight + Theme.px(20)

                ColumnLayout {
                    id: intro
                    width: Math.min(parent.width - Theme.px(48), Theme.columnWidth)
                    anchors.horizontalCenter: parent.horizontalCenter
                    spacing: Theme.px(14)

                    Words {
                        text: qsTr("Models are used where they lie: nothing is copied, and taking one off this list leaves its files alone. "
                                   + "Sotto opens folders as they are published, with config.json, the tokenizer and safetensors files.")
                        color: Theme.dim
                        font.pixelSize: Theme.px(14)
                        lineHeight: 1.4
                        wrapMode: Text.Wrap
                        Layout.fillWidth: true
                    }
                    Flow {
                        spacing: 8
                        Layout.fillWidth: true

                        PushButton {
                            text: qsTr("Open a folder…")
                            iconName: "folder"
                            onClicked: page.openFolderRequested()
                        }
                        PushButton {
                            text: qsTr("Open a file…")
                            iconName: "file"
                            onClicked: page.openFileRequested()
                        }
                    }
                }
            }
            delegate: ModelLine {
                width: ListView.view.width
                current: list.activeFocus && ListView.isCurrentItem
                reachable: ListView.isCurrentItem
                loading: page.app.runner.state === ModelRunner.Loading
                onLoadRequested: {
                    if (isDemo)
                        page.app.runner.loadDemo()
                    else
                        page.app.runner.load(path)
                }
                onRemoveRequested: page.app.library.removeAt(index)
            }
            Keys.onReturnPressed: (currentItem as ModelLine)?.load()
            Keys.onEnterPressed: (currentItem as ModelLine)?.load()
            Keys.onDeletePressed: (currentItem as ModelLine)?.remove()
            ScrollBar.vertical: ThinScrollBar {}
        }
    }
}
