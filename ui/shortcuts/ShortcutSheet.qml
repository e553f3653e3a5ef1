pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import QtQuick.Templates as T
import Sotto.App

/// The list of all shortcuts, over the page.
Popup {
    id: sheet

    required property ShortcutListModel shortcuts

    anchors.centerIn: parent
    width: Math.min(Theme.px(480), (parent?.width ?? 640) - 32)
    height: Math.min(implicitHeight, (parent?.height ?? 480) - 32)
    padding: Theme.px(20)
    modal: true
    focus: true
    background: Rectangle {
        color: Theme.card
        radius: Theme.radius + 4
        border.width: 1
        border.color: Theme.line
    }
    T.Overlay.modal: Rectangle { color: Theme.shade }
    enter: Transition {
        NumberAnimation { property: "opacity"; from: 0; to: 1; duration: Theme.motion }
    }

    ColumnLayout {
        anchors.fill: parent
        spacing: Theme.px(12)

        RowLayout {
            Words {
                text: qsTr("Shortcuts")
                font.pixelSize: Theme.px(18)
                font.weight: Font.DemiBold
                Layout.fillWidth: true
                Accessible.role: Accessible.Heading
            }
            IconButton {
                iconName: "close"
                label: qsTr("Close")
                focus: true
                onClicked: sheet.close()
            }
        }
        ListView {
            id: list
            model: sheet.shortcuts
            clip: true
            boundsBehavior: Flickable.StopAtBounds
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredHeight: contentHeight
            activeFocusOnTab: true
            Accessible.role: Accessible.List
            Accessible.name: qsTr("Shortcuts")
            delegate: Item {
                id: line

                required property string title
                required property string keys

                width: ListView.view.width
                height: Theme.px(34)
                Accessible.role: Accessible.ListItem
                Accessible.name: qsTr("%1: %2").arg(title).arg(keys)

                Words {
                    anchors.left: parent.left
                    anchors.right: caps.left
                    anchors.rightMargin: 8
                    anchors.verticalCenter: parent.verticalCenter
                    text: line.title
                    font.pixelSize: Theme.px(14)
                    elide: Text.ElideRight
                    Accessible.ignored: true
                }
                Row {
                    id: caps
                    anchors.right: parent.right
                    anchors.rightMargin: Theme.px(10)
                    anchors.verticalCenter: parent.verticalCenter
                    spacing: 4

                    Repeater {
                        model: line.keys.split("+")
                        delegate: KeyCap {
                            required property string modelData

                            text: modelData
                        }
                    }
                }
                Rectangle {
                    anchors.bottom: parent.bottom
                    width: parent.width
                    height: 1
                    color: Theme.line
                    opacity: 0.6
                }
            }
            ScrollBar.vertical: ThinScrollBar {}
        }
    }
}
