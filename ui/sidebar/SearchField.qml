import QtQuick
import Sotto.App

/// Search in titles and messages; what it finds replaces the list below.
TextLine {
    id: field

    required property ConversationListModel conversations
    /// The shortcut that leads here, shown while the field is empty.
    required property string keys

    /// Arrow down: go on in the list.
    signal leftDown

    placeholderText: qsTr("Search chats")
    rightPadding: (clear.visible ? clear.width : cap.width) + Theme.px(12)
    text: conversations.query
    onTextEdited: conversations.query = text

    function clearQuery() {
        conversations.query = ""
        text = Qt.binding(() => conversations.query)
    }

    Keys.onDownPressed: leftDown()
    Keys.onEscapePressed: (event) => {
        event.accepted = text !== ""
        clearQuery()
    }

    KeyCap {
        id: cap
        anchors.right: parent.right
        anchors.rightMargin: Theme.px(10)
        anchors.verticalCenter: parent.verticalCenter
        visible: field.text === "" && !field.activeFocus
        text: field.keys.replace("+", " ")
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
            field.clearQuery()
            field.forceActiveFocus()
        }
    }
}
