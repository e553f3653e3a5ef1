pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// Search of the hubs: a field, the hub to ask, and what it found.
ColumnLayout {
    id: box

    /// Asked for its search each time: that is another one after the models folder was moved.
    required property AppRoot app
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
            text: box.app.hubSearch.query
            leftPadding: Theme.px(36)
            rightPadding: clear.visible ? clear.width + Theme.px(10) : Theme.px(12)
            Layout.fillWidth: true
            Layout.maximumWidth: Theme.px(460)
            onTextEdited: box.app.hubSearch.query = text
            onAccepted: box.app.hubSearch.search()
            Keys.onEscapePressed: (event) => {
                event.accepted = text !== ""
                box.app.hubSearch.query = ""
                text = Qt.binding(() => box.app.hubSearch.query)
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
                    box.app.hubSearch.query = ""
                    field.text = Qt.binding(() => box.app.hubSearch.query)
                    field.forceActiveFocus()
                }
            }
        }
        Chip {
            text: "Hugging Face"
            checked: box.app.hubSearch.source === HubSearch.HuggingFace
            onClicked: box.app.hubSearch.source = HubSearch.HuggingFace
        }
        Chip {
            text: "ModelScope"
            checked: box.app.hubSearch.source === HubSearch.ModelScope
            onClicked: box.app.hubSearch.source = HubSearch.ModelScope
        }
        Item { Layout.fillWidth: true }
    }
    Words {
        visible: text !== ""
        text: box.blocked !== "" ? box.blocked
            : box.app.hubSearch.problem !== "" ? box.app.hubSearch.problem
            : box.app.hubSearch.searching ? qsTr("Searching…")
            : box.app.hubSearch.query !== "" && results.count === 0 ? qsTr("The hub has no model of that name that Sotto could run.") : ""
        color: box.app.hubSearch.problem !== "" ? Theme.warn : Theme.dim
        font.pixelSize: Theme.smallSize
        lineHeight: 1.3
        wrapMode: Text.Wrap
        Layout.fillWidth: true
        Accessible.role: box.app.hubSearch.problem !== "" ? Accessible.AlertMessage : Accessible.StaticText
    }
    PushButton {
        visible: box.app.hubSearch.problem !== "" && box.blocked === ""
        text: qsTr("Try again")
        onClicked: box.app.hubSearch.search()
    }
    // No layout: in Qt 6.4 one still touches items that a Repeater has destroyed.
    Column {
        id: list
        Layout.fillWidth: true
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Models found")

        Repeater {
            id: results
            model: box.app.hubSearch
            delegate: HubRepoRow {
                width: list.width
                hasToken: box.hasToken
                onLookRequested: box.app.hubSearch.look(index)
                onGetRequested: (choice) => box.app.hubSearch.get(index, choice)
                onTokenRequested: box.tokenRequested()
            }
        }
    }
}
