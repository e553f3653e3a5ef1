pragma ComponentBehavior: Bound

import QtQuick
import Sotto.App

/// One conversation: its title, while searching also where the words stand, and on hover or focus what can be done with it.
Item {
    id: row

    required property real conversationId
    required property string title
    required property bool pinned
    required property bool active
    required property string snippet
    required property real hitMessageId
    /// Title of the section that begins with this row; empty where none does.
    property string heading: ""
    /// Whether the keyboard is on this row.
    property bool current: false
    property bool renaming: false
    /// What was searched for stands in the title: that is shown with its marks.
    readonly property bool titleHit: snippet !== "" && hitMessageId === 0
    readonly property string shownTitle: title === "" ? qsTr("New chat") : title

    signal openRequested
    signal renamed(string title)
    signal pinToggled
    signal removeRequested
    /// Renaming was ended by a key, so that the keyboard needs a place.
    signal leftField

    function beginRename() {
        renaming = true
        field.text = title
        field.forceActiveFocus()
        field.selectAll()
    }

    function endRename(keep: bool, byKey: bool) {
        if (!renaming)
            return
        renaming = false
        const wanted = field.text.trim()
        if (keep && wanted !== "" && wanted !== title)
            renamed(wanted)
        if (byKey)
            leftField()
    }

    function openMenu() {
        menu.popup(more, 0, more.height)
    }

    implicitHeight: body.y + body.height

    Accessible.role: Accessible.ListItem
    Accessible.name: shownTitle
    Accessible.selected: active
    Accessible.focusable: true
    Accessible.onPressAction: openRequested()

    Words {
        x: Theme.px(12)
        width: parent.width - x
        height: Theme.px(34)
        visible: row.heading !== ""
        text: row.heading
        color: Theme.faint
        font.pixelSize: Theme.captionSize
        font.weight: Font.DemiBold
        elide: Text.ElideRight
        verticalAlignment: Text.AlignBottom
        bottomPadding: Theme.px(7)
        Accessible.role: Accessible.Heading
    }
    Item {
        id: body
        y: row.heading === "" ? 0 : Theme.px(34)
        width: parent.width
        height: Theme.px(36) + (hit.visible ? hit.implicitHeight + Theme.px(4) : 0)

        Rectangle {
            anchors.fill: parent
            anchors.topMargin: 1
            anchors.bottomMargin: 1
            radius: Theme.radius
            color: row.active ? Theme.soft : mouse.containsMouse || more.hovered ? Theme.hover : "transparent"
        }
        FocusRing {
            anchors.margins: 1
            radius: Theme.radius
            shown: row.current && !row.renaming
        }

        MouseArea {
            id: mouse
            anchors.fill: parent
            hoverEnabled: true
            acceptedButtons: Qt.LeftButton | Qt.RightButton
            onClicked: (event) => {
                if (event.button === Qt.RightButton)
                    menu.popup()
                else
                    row.openRequested()
            }
            onDoubleClicked: (event) => {
                if (event.button === Qt.LeftButton)
                    row.beginRename()
            }
        }

        Words {
            id: words
            anchors.left: parent.left
            anchors.leftMargin: Theme.px(12)
            anchors.right: marks.left
            anchors.rightMargin: 4
            height: Theme.px(36)
            verticalAlignment: Text.AlignVCenter
            visible: !row.renaming
            text: row.titleHit ? row.snippet : row.shownTitle
            textFormat: row.titleHit ? Text.StyledText : Text.PlainText
            elide: Text.ElideRight
            font.pixelSize: Theme.px(14)
            font.weight: row.active ? Font.DemiBold : Font.Normal
            Accessible.ignored: true
        }
        Words {
            id: hit
            anchors.left: words.left
            anchors.right: parent.right
            anchors.rightMargin: Theme.px(10)
            anchors.top: words.bottom
            anchors.topMargin: -Theme.px(6)
            visible: row.snippet !== "" && !row.titleHit
            text: row.snippet
            textFormat: Text.StyledText
            elide: Text.ElideRight
            maximumLineCount: 2
            wrapMode: Text.Wrap
            color: Theme.dim
            font.pixelSize: Theme.captionSize
            lineHeight: 1.25
            Accessible.ignored: true
        }

        Row {
            id: marks
            anchors.right: parent.right
            anchors.rightMargin: 4
            height: Theme.px(36)
            visible: !row.renaming

            Icon {
                anchors.verticalCenter: parent.verticalCenter
                visible: row.pinned && !more.visible
                source: Theme.icon("pin")
                size: Theme.px(14)
                color: Theme.faint
            }
            IconButton {
                id: more
                anchors.verticalCenter: parent.verticalCenter
                visible: mouse.containsMouse || hovered || row.current || menu.visible
                extent: Theme.px(28)
                iconName: "more"
                label: qsTr("Actions for %1").arg(row.shownTitle)
                hint: ""
                activeFocusOnTab: row.current || activeFocus
                onClicked: row.openMenu()
            }
        }

        TextLine {
            id: field
            anchors.fill: parent
            anchors.margins: 1
            visible: row.renaming
            label: qsTr("Chat title")
            leftPadding: Theme.px(11)
            font.pixelSize: Theme.px(14)
            onAccepted: row.endRename(true, true)
            onActiveFocusChanged: if (!activeFocus) row.endRename(true, false)
            Keys.onEscapePressed: row.endRename(false, true)
        }
    }

    ActionMenu {
        id: menu

        ActionMenuItem {
            text: qsTr("Rename")
            iconName: "edit"
            onTriggered: row.beginRename()
        }
        ActionMenuItem {
            text: row.pinned ? qsTr("Unpin") : qsTr("Pin")
            iconName: "pin"
            onTriggered: row.pinToggled()
        }
        ActionMenuItem {
            text: qsTr("Delete")
            iconName: "trash"
            danger: true
            onTriggered: row.removeRequested()
        }
    }
}
