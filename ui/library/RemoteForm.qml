pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// Adds a model on another machine, or changes one: address, whether it answers, which of its models, a name, a key.
Rectangle {
    id: form

    required property RemoteModels remotes
    /// What is changed: remoteId, title, address, model, contextLength, hasKey, plainHttp of a row; without remoteId a new one.
    required property var subject
    /// Why nothing can be asked now; empty: it can.
    property string blocked: ""
    property string remoteId: subject.remoteId ?? ""
    property bool hasKey: subject.hasKey ?? false
    property bool saved: false  // once: then the list's own problem is about this form

    readonly property EndpointCheck test: remotes.test
    readonly property string addressProblem: address.text.trim() === "" ? "" : remotes.addressProblem(address.text)
    readonly property bool isOpen: address.text.trim() !== "" && addressProblem === "" && remotes.needsPlainHttp(address.text)
    readonly property bool reachable: address.text.trim() !== "" && addressProblem === "" && (!isOpen || accept.checked)

    signal done

    function runTest() {
        if (!reachable || blocked !== "")
            return
        remotes.testAddress(address.text, key.text, accept.checked, remoteId)
    }

    /// What the server said of this model, else what was known of it before.
    function contextLength(): int {
        const told = test.passed ? test.contextLength(modelName.text) : 0
        return told > 0 ? told : modelName.text === subject.model && address.text === subject.address ? subject.contextLength : 0
    }

    function save() {
        saved = true
        const name = title.text.trim() === "" ? modelName.text : title.text
        if (remoteId === "")
            remoteId = remotes.add(address.text, modelName.text, name, contextLength(), accept.checked)
        else if (!remotes.change(remoteId, address.text, modelName.text, name, contextLength(), accept.checked))
            return
        if (remoteId !== "" && (key.text === "" || remotes.setKey(remoteId, key.text)))
            done()
    }

    implicitHeight: column.implicitHeight + Theme.px(36)
    radius: Theme.radius
    color: Theme.card
    border.width: 1
    border.color: Theme.line
    Accessible.role: Accessible.Grouping
    Accessible.name: heading.text
    Keys.onEscapePressed: done()
    Component.onCompleted: {
        test.clear()
        address.forceActiveFocus(Qt.OtherFocusReason)
    }
    Component.onDestruction: test.clear()

    Connections {
        target: form.test

        // Where there is nothing to choose, it is chosen.
        function onChanged() {
            if (form.test.passed && form.test.models.length === 1 && modelName.text === "")
                modelName.text = form.test.models[0]
        }
    }

    component FieldName: Words {
        color: Theme.dim
        font.pixelSize: Theme.captionSize
        font.weight: Font.DemiBold
        Layout.fillWidth: true
        Layout.topMargin: Theme.px(10)
        Accessible.ignored: true
    }
    component Remark: Words {
        visible: text !== ""
        color: Theme.dim
        font.pixelSize: Theme.smallSize
        lineHeight: 1.3
        wrapMode: Text.Wrap
        Layout.fillWidth: true
    }

    ColumnLayout {
        id: column
        x: Theme.px(18)
        y: Theme.px(18)
        width: Math.min(parent.width - Theme.px(36), Theme.px(620))
        spacing: Theme.px(6)

        Words {
            id: heading
            text: form.subject.remoteId === undefined ? qsTr("Add a model on another machine") : qsTr("Change %1").arg(form.subject.title)
            font.pixelSize: Theme.px(16)
            font.weight: Font.DemiBold
            elide: Text.ElideMiddle
            Layout.fillWidth: true
            Accessible.role: Accessible.Heading
        }

        FieldName { text: qsTr("Address") }
        RowLayout {
            spacing: 8

            TextLine {
                id: address
                label: qsTr("Address of the server")
                placeholderText: "https://gpu-server:8000/v1"
                text: form.subject.address ?? ""
                inputMethodHints: Qt.ImhUrlCharactersOnly
                maximumLength: 2048
                Layout.fillWidth: true
                onTextEdited: {
                    form.test.clear()
                    accept.checked = false  // that was about another address
                }
                onAccepted: form.runTest()
            }
            PushButton {
                text: form.test.running ? qsTr("Testing…") : qsTr("Test")
                implicitHeight: Theme.controlHeight
                enabled: form.reachable && form.blocked === "" && !form.test.running
                hint: form.blocked !== "" ? form.blocked : qsTr("Asks the server for its models; nothing else is sent")
                Accessible.name: qsTr("Test")
                onClicked: form.runTest()
            }
        }
        Remark {
            text: form.addressProblem !== "" && !address.activeFocus ? form.addressProblem : form.test.problem
            color: Theme.warn
            Accessible.role: Accessible.AlertMessage
        }
        Remark {
            visible: form.test.passed
            text: form.test.models.length === 0 ? qsTr("The server answers, and names no model.")
                                                : qsTr("The server answers, with %n model(s).", "", form.test.models.length)
            color: Theme.accent
            Accessible.role: Accessible.AlertMessage
        }
        Remark {
            visible: form.isOpen
            text: qsTr("This address is not encrypted: whoever is on the network between can read your chats and the key.")
            color: Theme.warn
        }
        SwitchLine {
            id: accept
            visible: form.isOpen
            text: qsTr("Send them unencrypted all the same")
            checked: form.subject.plainHttp ?? false
            font.pixelSize: Theme.smallSize
            Layout.fillWidth: true
        }

        FieldName { text: qsTr("Key") }
        RowLayout {
            spacing: 8

            TextLine {
                id: key
                label: qsTr("Key of the server")
                placeholderText: form.hasKey ? qsTr("There is one; type another to replace it") : qsTr("only where the server asks for one")
                echoMode: TextInput.Password
                maximumLength: 512
                Layout.fillWidth: true
                onAccepted: if (add.enabled) form.save()
            }
            PushButton {
                visible: form.hasKey
                text: qsTr("Remove the key")
                implicitHeight: Theme.controlHeight
                onClicked: {
                    form.remotes.removeKey(form.remoteId)
                    form.hasKey = false
                }
            }
        }
        Remark {
            text: qsTr("It is sent to this server only, and kept in the system's keychain where there is one.")
            color: Theme.faint
            font.pixelSize: Theme.captionSize
        }

        FieldName { text: qsTr("Model") }
        TextLine {
            id: modelName
            label: qsTr("The server's name for the model")
            placeholderText: form.test.passed ? qsTr("Choose one below") : qsTr("Test the address to choose one, or type its name")
            text: form.subject.model ?? ""
            maximumLength: 256
            Layout.fillWidth: true
            onAccepted: if (add.enabled) form.save()
        }
        Flow {
            id: served
            readonly property int most: 12

            visible: form.test.passed && form.test.models.length > 0
            spacing: Theme.px(6)
            Layout.fillWidth: true
            Accessible.role: Accessible.Grouping
            Accessible.name: qsTr("Models of the server")

            Repeater {
                model: form.test.models.slice(0, served.most)
                delegate: Chip {
                    id: choice

                    required property string modelData

                    text: modelData
                    width: Math.min(implicitWidth, served.width)
                    checked: modelName.text === modelData
                    onClicked: modelName.text = modelData
                    // A server's words: never markup, and without a mark for a shortcut.
                    contentItem: Words {
                        text: choice.modelData
                        font: choice.font
                        color: choice.checked ? Theme.text : Theme.dim
                        elide: Text.ElideMiddle
                        verticalAlignment: Text.AlignVCenter
                        Accessible.ignored: true
                    }
                }
            }
        }
        Remark {
            visible: form.test.passed && form.test.models.length > served.most
            text: qsTr("These are the first %1 of %2; any other can be typed.").arg(served.most).arg(form.test.models.length)
        }

        FieldName { text: qsTr("Name in Sotto") }
        TextLine {
            id: title
            label: qsTr("Name in Sotto")
            placeholderText: qsTr("as the server calls it")
            text: form.subject.title ?? ""
            maximumLength: 256
            Layout.fillWidth: true
            onAccepted: if (add.enabled) form.save()
        }

        Remark {
            visible: form.saved && text !== ""
            text: form.remotes.problem
            color: Theme.warn
            Layout.topMargin: Theme.px(6)
            Accessible.role: Accessible.AlertMessage
        }
        Row {
            spacing: 8
            Layout.topMargin: Theme.px(10)

            PushButton {
                id: add
                text: form.remoteId === "" ? qsTr("Add") : qsTr("Keep")
                look: PushButton.Primary
                enabled: form.reachable && modelName.text.trim() !== ""
                Accessible.name: form.remoteId === "" ? qsTr("Add the model") : qsTr("Keep the changes")
                onClicked: form.save()
            }
            PushButton {
                text: qsTr("Cancel")
                onClicked: form.done()
            }
        }
    }
}
