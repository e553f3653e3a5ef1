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
            // Said outright: a layout takes an implicit height of 0 for none and keeps the last one.
            Layout.preferredHeight: implicitHeight
            onOpenFolderRequested: page.openFolderRequested()
        }
        Flickable {
            id: flick
            Layout.fillWidth: true
            Layout.fillHeight: true
            contentWidth: width
            contentHeight: column.implicitHeight + Theme.px(56)
            boundsBehavior: Flickable.StopAtBounds
            clip: true

            ColumnLayout {
                id: column
                x: (flick.width - width) / 2
                y: Theme.px(24)
                width: Math.min(flick.width - Theme.px(48), Theme.columnWidth)
                spacing: Theme.px(8)

                Words {
                    text: qsTr("Models are used where they lie: nothing is copied, and taking one off this list leaves its files alone. "
                               + "Sotto opens GGUF files, and folders as they are published with config.json, the tokenizer and safetensors files.")
                    color: Theme.dim
                    font.pixelSize: Theme.px(14)
                    lineHeight: 1.4
                    wrapMode: Text.Wrap
                    Layout.fillWidth: true
                }
                Flow {
                    spacing: 8
                    Layout.fillWidth: true
                    Layout.topMargin: Theme.px(6)
                    Layout.bottomMargin: Theme.px(12)

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
                // No layout: in Qt 6.4 one still touches items that a Repeater has destroyed.
                Column {
                    spacing: Theme.px(8)
                    Layout.fillWidth: true
                    Accessible.role: Accessible.List
                    Accessible.name: qsTr("Known models")

                    Repeater {
                        model: page.app.library
                        delegate: ModelLine {
                            width: column.width
                            onLoadRequested: {
                                if (isDemo)
                                    page.app.runner.loadDemo()
                                else
                                    page.app.runner.load(path)
                            }
                            onRemoveRequested: page.app.library.removeAt(index)
                        }
                    }
                }
            }
            ScrollBar.vertical: ThinScrollBar {}
        }
    }
}
