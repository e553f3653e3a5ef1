pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// Search of the hubs: a field, the hub to ask, and what it found.
ColumnLayout {
    id: box

    required property HubSearch search
    required property bool hasToken
    /// Why nothing can be asked now; empty: it can.
    property string blocked: ""

    signal tokenRequested

    function focusField() {
        field.forceActiveFocus(Qt.ShortcutFocusReason)
    }

    spacing: Theme.px(10)

    RowLayout {
        spacing: 8

        TextLine {
            id: field
            placeholderText: qsTr("Search models")
            enabled: box.blocked === ""
            text: box.search.query
            leftPadding: Theme.px(36)
            rightPadding: clear.visible ? clear.width + Theme.px(10) : Theme.px(12)
            Layout.fillWidth: true
            Layout.maximumWidth: Theme.px(460)
            onTextEdited: box.search.query = text
            onAccepted: box.search.search()
            Keys.onEscapePressed: (event) => {
                event.accepted = text !== ""
                box.search.query = ""
                text = Qt.binding(() => box.search.query)
            }

            Icon {
                x: Theme.px(11)
                anchors.verticalCenter: parent.verticalCenter
                source: Theme.icon("search")
                size: Theme.px(16)
            }
            IconButton {
                id: clear
                anchors.right: parent.right
                anchors.rightMargin: Theme.px(4)
                anchors.verticalCenter: parent.verticalCenter
                visible: field.text !== ""
                extent: Theme.px(26)
                iconExtent: Theme.px(15)
                iconName: "close"
                label: qsTr("Clear search")
                onClicked: {
                    box.search.query = ""
                    field.text = Qt.binding(() => box.search.query)
                    field.forceActiveFocus()
                }
            }
        }
        Chip {
            text: "Hugging Face"
            checked: box.search.source === HubSearch.HuggingFace
            onClicked: box.search.source = HubSearch.HuggingFace
        }
        Chip {
            text: "ModelScope"
            checked: box.search.source === HubSearch.ModelScope
            onClicked: box.search.source = HubSearch.ModelScope
        }
        Item { Layout.fillWidth: true }
    }
    Words {
        visible: text !== ""
        text: box.blocked !== "" ? box.blocked
            : box.search.problem !== "" ? box.search.problem
            : box.search.searching ? qsTr("Searching…")
            : box.search.query !== "" && results.count === 0 ? qsTr("The hub has no model of that name that Sotto could run.") : ""
        color: box.search.problem !== "" ? Theme.warn : Theme.dim
        font.pixelSize: Theme.smallSize
        lineHeight: 1.3
        wrapMode: Text.Wrap
        Layout.fillWidth: true
        Accessible.role: box.search.problem !== "" ? Accessible.AlertMessage : Accessible.StaticText
    }
    PushButton {
        visible: box.search.problem !== "" && box.blocked === ""
        text: qsTr("Try again")
        onClicked: box.search.search()
    }
    // No layout: in Qt 6.4 one still touches items that a Repeater has destroyed.
    Column {
        id: list
        Layout.fillWidth: true
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Models found")

        Repeater {
            id: results
            model: box.search
            delegate: HubRepoRow {
                width: list.width
                hasToken: box.hasToken
                onLookRequested: box.search.look(index)
                onGetRequested: (choice) => box.search.get(index, choice)
                onTokenRequested: box.tokenRequested()
            }
        }
    }
}
