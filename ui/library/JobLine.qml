import QtQuick

/// A copy, a move or a model being made smaller.
TaskLine {
    id: line

    required property int index
    required property bool active
    required progress
    required problem

    signal cancelRequested
    signal dismissRequested

    barShown: active

    PushButton {
        text: line.active ? qsTr("Cancel") : qsTr("Dismiss")
        Accessible.description: line.title
        onClicked: line.active ? line.cancelRequested() : line.dismissRequested()
    }
}
