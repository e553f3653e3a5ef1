pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// What the person can choose once for everything.
FocusScope {
    id: page

    required property AppRoot app
    required property bool sidebarShown

    signal sidebarRequested
    signal shortcutsRequested
    signal moveModelsRequested
    signal closeRequested

    Keys.onEscapePressed: closeRequested()
    Component.onCompleted: app.sessions.refresh()

    /// Brings the group of the network into view.
    function showNetwork() {
        flick.contentY = Math.max(0, Math.min(network.y + column.y - Theme.px(24), flick.contentHeight - flick.height))
        network.focusToken()
    }

    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        PageHeader {
            sidebarShown: page.sidebarShown
            Layout.fillWidth: true
            onSidebarRequested: page.sidebarRequested()

            Words {
                text: qsTr("Settings")
                font.pixelSize: Theme.px(16)
                font.weight: Font.DemiBold
                elide: Text.ElideRight
                Layout.fillWidth: true
                Accessible.role: Accessible.Heading
            }
            IconButton {
                iconName: "close"
                label: qsTr("Back to the chat")
                onClicked: page.closeRequested()
            }
        }
        Flickable {
            id: flick
            Layout.fillWidth: true
            Layout.fillHeight: true
            contentWidth: width
            contentHeight: column.implicitHeight + Theme.px(64)
            boundsBehavior: Flickable.StopAtBounds
            clip: true

            ColumnLayout {
                id: column
                x: (flick.width - width) / 2
                y: Theme.px(32)
                width: Math.min(flick.width - Theme.px(48), Theme.px(640))
                spacing: Theme.px(32)

                SettingsGroup {
                    title: qsTr("Appearance")

                    SettingsLine {
                        label: qsTr("Theme")

                        Chip {
                            text: qsTr("System")
                            checked: page.app.settings.theme === Settings.System
                            onClicked: page.app.settings.theme = Settings.System
                        }
                        Chip {
                            text: qsTr("Light")
                            checked: page.app.settings.theme === Settings.Light
                            onClicked: page.app.settings.theme = Settings.Light
                        }
                        Chip {
                            text: qsTr("Dark")
                            checked: page.app.settings.theme === Settings.Dark
                            onClicked: page.app.settings.theme = Settings.Dark
                        }
                    }
                    SettingsLine {
                        label: qsTr("Font size")

                        ValueSlider {
                            label: qsTr("Font size")
                            from: 80
                            to: 200
                            stepSize: 10
                            value: Math.round(page.app.settings.fontScale * 100)
                            Layout.preferredWidth: 180
                            onMoved: page.app.settings.fontScale = value / 100
                        }
                        Words {
                            text: qsTr("%1 %").arg(Math.round(page.app.settings.fontScale * 100))
                            color: Theme.dim
                            horizontalAlignment: Text.AlignRight
                            Layout.preferredWidth: Theme.px(52)
                        }
                    }
                }
                SettingsGroup {
                    title: qsTr("Writing")

                    SwitchLine {
                        text: qsTr("Enter sends the message")
                        checked: page.app.settings.sendWithEnter
                        Layout.fillWidth: true
                        onToggled: page.app.settings.sendWithEnter = checked
                    }
                    Words {
                        text: page.app.settings.sendWithEnter ? qsTr("Shift+Enter begins a new line.")
                                                              : qsTr("Enter begins a new line, Shift+Enter sends.")
                        color: Theme.dim
                        font.pixelSize: Theme.smallSize
                        wrapMode: Text.Wrap
                        Layout.fillWidth: true
                        Layout.topMargin: -8
                    }
                }
                SettingsGroup {
                    title: qsTr("Saved chats")

                    SettingsLine {
                        label: qsTr("Room for what the model has read")

                        Chip {
                            text: qsTr("Off")
                            checked: page.app.settings.sessionBudgetMb === 0
                            onClicked: page.app.settings.sessionBudgetMb = 0
                        }
                        Chip {
                            text: qsTr("%1 GB").arg(1)
                            checked: page.app.settings.sessionBudgetMb === 1024
                            onClicked: page.app.settings.sessionBudgetMb = 1024
                        }
                        Chip {
                            text: qsTr("%1 GB").arg(4)
                            checked: page.app.settings.sessionBudgetMb === 4096
                            onClicked: page.app.settings.sessionBudgetMb = 4096
                        }
                        Chip {
                            text: qsTr("%1 GB").arg(16)
                            checked: page.app.settings.sessionBudgetMb === 16384
                            onClicked: page.app.settings.sessionBudgetMb = 16384
                        }
                    }
                    SettingsLine {
                        label: qsTr("%1 in use").arg(page.app.sessions.sizeText)

                        PushButton {
                            text: qsTr("Clear")
                            enabled: page.app.sessions.bytes > 0
                            onClicked: page.app.sessions.clear()
                        }
                    }
                    Words {
                        text: qsTr("A long chat goes on at once after a restart, because the model need not read it again. Chats not opened for longest make room first; the chats themselves are kept in any case.")
                        color: Theme.dim
                        font.pixelSize: Theme.smallSize
                        lineHeight: 1.35
                        wrapMode: Text.Wrap
                        Layout.fillWidth: true
                        Layout.topMargin: -8
                    }
                }
                ModelSettings {
                    app: page.app
                    onMoveRequested: page.moveModelsRequested()
                }
                NetworkSettings {
                    id: network
                    app: page.app
                }
                SettingsGroup {
                    title: qsTr("Keyboard")

                    SettingsLine {
                        label: qsTr("Everything can be done without a mouse.")

                        PushButton {
                            text: qsTr("Show shortcuts")
                            iconName: "keyboard"
                            hint: page.app.shortcuts.keysFor("shortcuts")
                            onClicked: page.shortcutsRequested()
                        }
                    }
                }
                SettingsGroup {
                    title: qsTr("About")

                    Words {
                        text: qsTr("Sotto %1").arg(page.app.version)
                        Layout.fillWidth: true
                    }
                    Words {
                        text: qsTr("Chats, settings and models stay on this computer; Sotto sends nothing about you and asks a model hub only when you search or download. What you write leaves it only in a chat with a model on another machine that you added. Free software under the Apache License 2.0.")
                        color: Theme.dim
                        font.pixelSize: Theme.smallSize
                        lineHeight: 1.35
                        wrapMode: Text.Wrap
                        Layout.fillWidth: true
                        Layout.topMargin: -8
                    }
                }
            }
            ScrollBar.vertical: ThinScrollBar {}
        }
    }
}
