pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// How Sotto reaches the hubs that models come from, or that it must not.
SettingsGroup {
    id: group

    required property AppRoot app
    readonly property Settings settings: app.settings

    function focusToken() {
        token.forceActiveFocus(Qt.OtherFocusReason)
    }

    title: qsTr("Network")

    component Note: Words {
        color: Theme.dim
        font.pixelSize: Theme.smallSize
        lineHeight: 1.35
        wrapMode: Text.Wrap
        Layout.fillWidth: true
        Layout.topMargin: -8
    }

    SwitchLine {
        text: qsTr("Stay offline")
        checked: group.settings.offline
        Layout.fillWidth: true
        onToggled: group.settings.offline = checked
    }
    Note {
        text: qsTr("Nothing is searched, nothing is downloaded, and models on other machines are not asked. Chats with models on this computer never use the network.")
    }
    SettingsLine {
        label: qsTr("Model hub")

        TextLine {
            label: qsTr("Address of the model hub")
            placeholderText: "https://huggingface.co"
            text: group.settings.hubEndpoint
            enabled: !group.settings.offline
            inputMethodHints: Qt.ImhUrlCharactersOnly
            maximumLength: 2048
            Layout.preferredWidth: Theme.px(300)
            onEditingFinished: {
                group.settings.hubEndpoint = text
                text = Qt.binding(() => group.settings.hubEndpoint)
            }
        }
    }
    SettingsLine {
        label: qsTr("Proxy")

        TextLine {
            label: qsTr("Proxy")
            placeholderText: qsTr("that of the system")
            text: group.settings.networkProxy
            enabled: !group.settings.offline
            inputMethodHints: Qt.ImhUrlCharactersOnly
            maximumLength: 2048
            Layout.preferredWidth: Theme.px(300)
            onEditingFinished: {
                group.settings.networkProxy = text
                text = Qt.binding(() => group.settings.networkProxy)
            }
        }
    }
    Note {
        text: group.app.hub.blocked !== "" && !group.settings.offline ? group.app.hub.blocked
            : qsTr("http://host:port or socks5://host:port; “none” for no proxy.")
        color: group.app.hub.blocked !== "" && !group.settings.offline ? Theme.warn : Theme.dim
    }
    SettingsLine {
        label: qsTr("Download speed")

        Row {
            spacing: 8

            Repeater {
                model: [0, 1024, 5120, 20480]
                delegate: Chip {
                    required property int modelData

                    text: modelData === 0 ? qsTr("Unlimited") : qsTr("%1 MB/s").arg(modelData / 1024)
                    checked: group.settings.downloadLimitKb === modelData
                    onClicked: group.settings.downloadLimitKb = modelData
                }
            }
        }
    }
    SettingsLine {
        label: qsTr("Access token")

        TextLine {
            id: token
            visible: !group.app.account.hasToken
            label: qsTr("Access token")
            placeholderText: qsTr("for models with terms to accept")
            echoMode: TextInput.Password
            maximumLength: 512
            Layout.preferredWidth: Theme.px(220)
            onAccepted: keep.clicked()
        }
        PushButton {
            id: keep
            visible: !group.app.account.hasToken
            enabled: token.text !== "" && !group.app.account.busy
            text: qsTr("Keep")
            Accessible.name: qsTr("Keep the token")
            onClicked: {
                group.app.account.setToken(token.text)
                token.clear()
            }
        }
        PushButton {
            visible: group.app.account.hasToken
            enabled: !group.app.account.busy
            text: qsTr("Remove")
            Accessible.name: qsTr("Remove the token")
            onClicked: group.app.account.removeToken()
        }
    }
    Note {
        text: group.app.account.problem !== "" ? group.app.account.problem
            : group.app.account.hasToken ? group.app.account.keptWhere
            : qsTr("It is sent to %1 only, and kept in the system's keychain where there is one.").arg(group.app.account.host)
        color: group.app.account.problem !== "" ? Theme.warn : Theme.dim
    }
}
