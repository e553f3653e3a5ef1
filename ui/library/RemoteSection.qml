pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// The models that other machines run: what they are, where text goes with them, and the form that adds or changes one.
Column {
    id: section

    required property RemoteModels remotes
    required property ModelRunner runner
    /// Why nothing can be asked now; empty: it can.
    property string blocked: ""
    /// What the form is open for (RemoteForm.subject); null: it is not open.
    property var editing: null
    readonly property bool wide: width >= Theme.px(640)

    signal chatRequested(string location)
    /// The form has opened and should be seen.
    signal formOpened(Item form)

    /// Closing the form puts the keyboard where it was opened.
    function close() {
        editing = null
        addButton.forceActiveFocus(Qt.OtherFocusReason)
    }

    spacing: 0

    Words {
        width: parent.width
        height: Theme.px(28)
        verticalAlignment: Text.AlignVCenter
        text: qsTr("On other machines")
        color: Theme.dim
        font.pixelSize: Theme.smallSize
        font.weight: Font.DemiBold
        Accessible.role: Accessible.Heading
    }
    Rectangle {
        width: parent.width
        height: 1
        color: Theme.line
    }
    Column {
        id: rows
        width: parent.width
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Models on other machines")

        Repeater {
            model: section.remotes
            delegate: RemoteRow {
                width: rows.width
                wide: section.wide
                active: location === section.runner.modelPath
                blocked: section.blocked
                onChatRequested: section.chatRequested(location)
                onEditRequested: section.editing = { remoteId, title, address, model, contextLength, hasKey, plainHttp }
                onRemoveRequested: {
                    if (section.editing && section.editing.remoteId === remoteId)
                        section.editing = null
                    section.remotes.remove(remoteId)
                }
            }
        }
    }
    Words {
        visible: section.remotes.count === 0 && section.editing === null
        width: Math.min(parent.width, Theme.columnWidth)
        topPadding: Theme.px(12)
        text: qsTr("A model too large for this computer can answer from a server of yours: any that speaks OpenAI's protocol, such as vLLM, SGLang, FastDeploy or llama.cpp. What you write to it leaves this computer, and the window says so all the time.")
        color: Theme.dim
        font.pixelSize: Theme.smallSize
        lineHeight: 1.35
        wrapMode: Text.Wrap
    }
    Item {
        width: parent.width
        height: Theme.px(14)
    }
    Column {
        width: parent.width

        // Made anew each time, so that nothing is left in it of the last one, the key least of all.
        Repeater {
            model: section.editing === null ? [] : [section.editing]
            delegate: RemoteForm {
                required property var modelData

                width: section.width
                remotes: section.remotes
                subject: modelData
                blocked: section.blocked
                onDone: section.close()
                Component.onCompleted: Qt.callLater(section.formOpened, this)
            }
        }
    }
    PushButton {
        id: addButton
        visible: section.editing === null
        text: qsTr("Add a model on another machine…")
        onClicked: section.editing = {}
    }
}
