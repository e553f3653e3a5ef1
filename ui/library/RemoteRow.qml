pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts

/// A model on another machine: its name, whose it is, that text leaves this computer for it, and what can be done.
FocusScope {
    id: row

    required property int index
    required property string remoteId
    required property string location
    required property string title
    required property string host
    required property string model
    required property string address
    required property bool plainHttp
    required property int contextLength
    required property bool hasKey
    required property string keyText
    required property bool encrypted
    required property bool thisMachine
    required property bool wide
    property bool active: false
    /// Why nothing can be asked now; empty: it can.
    property string blocked: ""
    readonly property string goes: thisMachine ? qsTr("Text goes to %1, a server on this computer").arg(host)
        : encrypted ? qsTr("Text leaves this computer: it goes to %1, encrypted").arg(host)
        : qsTr("Text leaves this computer: it goes to %1, not encrypted").arg(host)
    readonly property string rest: [contextLength > 0 ? qsTr("It reads %1 at once.").arg(Theme.tokens(contextLength)) : "", keyText].filter(part => part).join(" ")

    signal chatRequested
    signal editRequested
    signal removeRequested

    implicitHeight: column.implicitHeight + Theme.px(24)

    Accessible.role: Accessible.ListItem
    Accessible.name: title
    Accessible.description: [model, goes, rest].filter(part => part).join(", ")
    Accessible.selected: active
    Accessible.onPressAction: if (blocked === "") chatRequested()

    Rectangle {
        anchors.bottom: parent.bottom
        width: parent.width
        height: 1
        color: Theme.line
    }
    RowLayout {
        id: column
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.px(18)

        ColumnLayout {
            spacing: Theme.px(5)
            Layout.fillWidth: true

            RowLayout {
                id: names
                spacing: Theme.px(8)

                Words {
                    text: row.title
                    font.pixelSize: Theme.px(14)
                    font.weight: Font.DemiBold
                    elide: Text.ElideMiddle
                    Layout.fillWidth: true
                    Layout.maximumWidth: Math.ceil(implicitWidth)
                    Layout.minimumWidth: Math.min(Math.ceil(implicitWidth), names.width)
                    Accessible.ignored: true
                }
                // Also where it says nothing: something has to fill the line.
                Words {
                    text: row.model === row.title ? "" : row.model
                    color: Theme.faint
                    font.pixelSize: Theme.px(14)
                    elide: Text.ElideMiddle
                    Layout.fillWidth: true
                    Layout.minimumWidth: 0
                    Accessible.ignored: true
                }
            }
            RowLayout {
                spacing: Theme.px(6)

                Icon {
                    source: Theme.icon("globe")
                    size: Theme.px(15)
                    color: Theme.warn
                    Layout.alignment: Qt.AlignTop
                    Layout.topMargin: 1
                }
                Words {
                    text: row.goes
                    color: Theme.warn
                    font.pixelSize: Theme.smallSize
                    wrapMode: Text.Wrap
                    Layout.fillWidth: true
                    Accessible.ignored: true
                }
            }
            Words {
                visible: text !== ""
                text: row.rest
                color: Theme.dim
                font.pixelSize: Theme.smallSize
                wrapMode: Text.Wrap
                Layout.fillWidth: true
                Accessible.ignored: true
            }
        }
        Row {
            spacing: Theme.px(8)

            PushButton {
                text: qsTr("Chat")
                look: row.active ? PushButton.Primary : PushButton.Outlined
                enabled: row.blocked === ""
                hint: row.blocked
                Accessible.description: row.title
                onClicked: row.chatRequested()
            }
            PushButton {
                visible: row.wide
                text: qsTr("Edit")
                Accessible.description: row.title
                onClicked: row.editRequested()
            }
            PushButton {
                visible: row.wide
                text: qsTr("Remove")
                Accessible.description: row.title
                onClicked: row.removeRequested()
            }
            IconButton {
                visible: !row.wide
                iconName: "edit"
                label: qsTr("Edit")
                onClicked: row.editRequested()
            }
            IconButton {
                visible: !row.wide
                iconName: "trash"
                label: qsTr("Remove")
                onClicked: row.removeRequested()
            }
        }
    }
}
