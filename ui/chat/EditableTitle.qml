import QtQuick

/// A heading that becomes a field when pressed.
Item {
    id: title

    required property string text
    property string placeholder: ""
    property string hint: ""
    property bool editable: true
    property bool editing: false

    signal renamed(string words)
    /// Editing was ended by a key, so that the keyboard needs a place.
    signal leftField

    function begin() {
        if (!editable || editing)
            return
        editing = true
        field.text = text
        field.forceActiveFocus()
        field.selectAll()
    }

    function end(keep: bool, byKey: bool) {
        if (!editing)
            return
        editing = false
        const words = field.text.trim()
        if (keep && words !== "" && words !== text)
            renamed(words)
        if (byKey)
            leftField()
    }

    implicitHeight: Theme.controlHeight
    implicitWidth: Theme.px(120)

    PushButton {
        id: button
        anchors.verticalCenter: parent.verticalCenter
        anchors.left: parent.left
        anchors.leftMargin: -Theme.px(8)
        width: Math.min(parent.width + Theme.px(8), implicitWidth)
        visible: !title.editing
        enabled: title.editable
        opacity: 1
        look: PushButton.Quiet
        text: title.text === "" ? title.placeholder : title.text
        hint: title.hint
        leftPadding: Theme.px(8)
        rightPadding: Theme.px(8)
        implicitWidth: implicitContentWidth + leftPadding + rightPadding + 2
        contentItem: Words {
            text: button.text
            elide: Text.ElideRight
            verticalAlignment: Text.AlignVCenter
            font.pixelSize: Theme.px(16)
            font.weight: Font.DemiBold
            Accessible.ignored: true
        }
        onClicked: title.begin()
    }
    TextLine {
        id: field
        anchors.verticalCenter: parent.verticalCenter
        anchors.left: parent.left
        anchors.leftMargin: -Theme.px(8)
        width: Math.min(parent.width + Theme.px(8), Theme.px(420))
        implicitHeight: Theme.px(34)
        leftPadding: Theme.px(8)
        visible: title.editing
        label: qsTr("Chat title")
        font.pixelSize: Theme.px(16)
        font.weight: Font.DemiBold
        onAccepted: title.end(true, true)
        onActiveFocusChanged: if (!activeFocus) title.end(true, false)
        Keys.onEscapePressed: title.end(false, true)
    }
}
