pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// The head of the chat: title (click to rename), model, how full the context is, and the way to the panel.
PageHeader {
    id: header

    required property AppRoot app
    required property bool panelShown
    readonly property bool narrow: width < Theme.px(640)

    signal panelRequested
    signal openFolderRequested
    signal openFileRequested
    signal leftField

    function beginRename() {
        title.begin()
    }

    EditableTitle {
        id: title
        text: header.app.chat.title
        placeholder: qsTr("New chat")
        editable: header.app.chat.messages.count > 0
        hint: qsTr("Rename (%1)").arg(header.app.shortcuts.keysFor("renameChat"))
        Layout.fillWidth: true
        onRenamed: (words) => header.app.chat.title = words
        onLeftField: header.leftField()
    }
    ModelPicker {
        runner: header.app.runner
        library: header.app.library
        remotes: header.app.remotes
        Layout.maximumWidth: header.narrow ? Theme.px(170) : Theme.px(280)
        onOpenFolderRequested: header.openFolderRequested()
        onOpenFileRequested: header.openFileRequested()
    }
    ContextGauge {
        visible: header.app.chat.contextLength > 0 && header.app.chat.contextUsed >= 0
        opacity: header.narrow ? 0 : 1
        used: header.app.chat.contextUsed
        capacity: header.app.chat.contextLength
        // Folded by its width: what is hidden while a layout is at work stays where it is in Qt 6.4.
        Layout.preferredWidth: header.narrow ? 0 : Theme.px(118)
        Layout.leftMargin: header.narrow ? -header.spacing : 0
    }
    IconButton {
        iconName: "sliders"
        label: header.panelShown ? qsTr("Hide the panel") : qsTr("Show the panel")
        hint: qsTr("Sampling and prompt (%1)").arg(header.app.shortcuts.keysFor("togglePanel"))
        checked: header.panelShown
        onClicked: header.panelRequested()
    }
}
