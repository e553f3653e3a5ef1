pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// A model of this machine: name and whose it is, the figures, and a menu of what can be done.
FocusScope {
    id: row

    required property int index
    required property string name
    required property string path
    required property string detail
    required property string sizeText
    required property string precision
    required property double context
    required property string lastUsedText
    required property string originText
    required property string licence
    required property string templateSource
    required property string problem
    required property bool isDemo
    required property bool active
    required property bool missing
    required property bool checked
    required property bool usable
    required property bool foreign
    required property bool canDelete
    required property bool canForget
    required property bool canCopy
    required property var smallerBits
    required property bool wide
    required property var columns

    signal chatRequested
    signal templateRequested
    signal copyRequested
    signal quantizeRequested(int bits)
    signal showRequested
    signal forgetRequested
    signal deleteRequested

    implicitHeight: column.implicitHeight + Theme.px(24)
    activeFocusOnTab: true

    Accessible.role: Accessible.ListItem
    Accessible.name: name
    Accessible.description: problem !== "" ? problem : [detail, sizeText, originText].filter(part => part).join(", ")
    Accessible.selected: active
    Accessible.focusable: true
    Accessible.onPressAction: if (usable) chatRequested()

    Keys.onReturnPressed: if (usable) chatRequested()
    Keys.onEnterPressed: if (usable) chatRequested()
    Keys.onSpacePressed: openMenu()
    Keys.onMenuPressed: openMenu()
    Keys.onDeletePressed: if (canDelete) deleteRequested(); else if (canForget) forgetRequested()

    function openMenu() {
        menu.popup(more, more.width - menu.width, more.height + 2)
    }

    component Figure: Words {
        font.pixelSize: Theme.px(14)
        elide: Text.ElideRight
        color: row.usable || !row.checked ? Theme.text : Theme.faint
        Layout.alignment: Qt.AlignTop
        Accessible.ignored: true
    }

    Rectangle {
        anchors.fill: parent
        anchors.leftMargin: -Theme.px(8)
        anchors.rightMargin: -Theme.px(8)
        radius: 6
        color: mouse.containsMouse || more.hovered || menu.visible ? Theme.hover : "transparent"

        FocusRing {
            anchors.margins: 1
            shown: row.activeFocus && !more.activeFocus
        }
    }
    Rectangle {
        anchors.bottom: parent.bottom
        width: parent.width
        height: 1
        color: Theme.line
    }
    MouseArea {
        id: mouse
        anchors.fill: parent
        hoverEnabled: true
        acceptedButtons: Qt.LeftButton | Qt.RightButton
        onClicked: (event) => {
            row.forceActiveFocus(Qt.MouseFocusReason)
            if (event.button === Qt.RightButton)
                menu.popup()
        }
        onDoubleClicked: (event) => {
            if (event.button === Qt.LeftButton && row.usable)
                row.chatRequested()
        }
    }
    ColumnLayout {
        id: column
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.verticalCenter: parent.verticalCenter
        spacing: Theme.px(4)

        RowLayout {
            spacing: Theme.px(8)

            RowLayout {
                id: names
                spacing: Theme.px(8)
                Layout.fillWidth: true
                Layout.preferredWidth: 1
                Layout.alignment: Qt.AlignTop

                Words {
                    id: title
                    text: row.name
                    font.pixelSize: Theme.px(14)
                    font.weight: Font.DemiBold
                    color: row.missing ? Theme.faint : Theme.text
                    elide: Text.ElideMiddle
                    Layout.fillWidth: true
                    Layout.maximumWidth: Math.ceil(implicitWidth)
                    Layout.minimumWidth: Math.min(Math.ceil(implicitWidth), names.width)
                    Accessible.ignored: true
                }
                // Also where it says nothing: something has to fill the column.
                Words {
                    text: row.originText
                    color: Theme.faint
                    font.pixelSize: Theme.px(14)
                    elide: Text.ElideRight
                    Layout.fillWidth: true
                    Layout.minimumWidth: 0
                    Accessible.ignored: true
                }
            }
            Figure { text: row.precision; Layout.preferredWidth: row.columns.precision }
            Figure { text: row.sizeText; Layout.preferredWidth: row.columns.size }
            Figure { visible: row.wide; text: row.context > 0 ? Theme.count(row.context) : ""; Layout.preferredWidth: row.columns.context }
            Figure { visible: row.wide; text: row.lastUsedText; Layout.preferredWidth: row.columns.used }
            Item {
                Layout.preferredWidth: row.columns.menu
                Layout.preferredHeight: title.implicitHeight

                IconButton {
                    id: more
                    anchors.right: parent.right
                    anchors.verticalCenter: parent.verticalCenter
                    extent: Theme.px(30)
                    iconName: "more"
                    label: qsTr("Actions for %1").arg(row.name)
                    hint: ""
                    onClicked: row.openMenu()
                }
            }
        }
        Words {
            visible: text !== ""
            text: row.missing ? qsTr("Its files are not there any more: %1").arg(row.path) : row.problem
            color: Theme.warn
            font.pixelSize: Theme.smallSize
            lineHeight: 1.25
            wrapMode: Text.Wrap
            Layout.fillWidth: true
            Layout.rightMargin: row.columns.menu
            Accessible.ignored: true
        }
    }

    HintTip {
        visible: mouse.containsMouse && !menu.visible
        delay: 900
        widest: Theme.px(420)
        text: [row.path, row.licence !== "" ? qsTr("Licence: %1").arg(row.licence) : "",
               row.templateSource !== "" ? qsTr("Uses the %1").arg(row.templateSource) : ""].filter(part => part).join("\n")
    }

    ActionMenu {
        id: menu
        implicitWidth: Theme.px(248)

        ActionMenuItem {
            text: qsTr("Chat")
            iconName: "chat"
            enabled: row.usable
            opacity: enabled ? 1 : 0.45
            onTriggered: row.chatRequested()
        }
        ActionMenuItem {
            text: qsTr("Chat template and sampling…")
            iconName: "sliders"
            enabled: row.usable
            opacity: enabled ? 1 : 0.45
            onTriggered: row.templateRequested()
        }
        ActionMenuItem {
            visible: row.canCopy
            height: visible ? implicitHeight : 0
            text: qsTr("Copy into the library")
            iconName: "copy"
            onTriggered: row.copyRequested()
        }
        ActionMenuItem {
            visible: row.smallerBits.includes(8)
            height: visible ? implicitHeight : 0
            text: qsTr("Make an 8-bit copy")
            iconName: "model"
            onTriggered: row.quantizeRequested(8)
        }
        ActionMenuItem {
            visible: row.smallerBits.includes(4)
            height: visible ? implicitHeight : 0
            text: qsTr("Make a 4-bit copy")
            iconName: "model"
            onTriggered: row.quantizeRequested(4)
        }
        ActionMenuItem {
            visible: !row.missing
            height: visible ? implicitHeight : 0
            text: qsTr("Show in folder")
            iconName: "folder"
            onTriggered: row.showRequested()
        }
        ActionMenuItem {
            visible: row.canForget
            height: visible ? implicitHeight : 0
            text: qsTr("Take off the list")
            iconName: "close"
            onTriggered: row.forgetRequested()
        }
        ActionMenuItem {
            visible: row.canDelete
            height: visible ? implicitHeight : 0
            text: qsTr("Delete, frees %1").arg(row.sizeText)
            iconName: "trash"
            danger: true
            Accessible.name: qsTr("Delete")
            Accessible.description: text
            onTriggered: row.deleteRequested()
        }
    }
}
