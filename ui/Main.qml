pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Templates as T
import Sotto.App

/// The window: sidebar, the page, the panel. Where there is little room, the side columns lie over the page.
ApplicationWindow {
    id: window

    required property AppRoot app
    /// "chat", "models" or "settings".
    property string page: "chat"
    property bool sidebarOver: false
    property bool panelOver: false

    readonly property int leastPageWidth: Theme.px(460)
    readonly property bool sidebarFits: width - Theme.sidebarWidth >= leastPageWidth
    readonly property bool sidebarDocked: sidebarFits && app.settings.sidebarVisible
    readonly property bool panelFits: width - (sidebarDocked ? Theme.sidebarWidth : 0) - Theme.panelWidth >= leastPageWidth
    readonly property bool panelDocked: panelFits && app.settings.panelVisible && page === "chat"
    readonly property bool sidebarShown: sidebarDocked || (sidebarOver && !sidebarFits)
    readonly property bool panelShown: panelDocked || (panelOver && !panelFits && page === "chat")

    function toggleSidebar() {
        if (sidebarFits)
            app.settings.sidebarVisible = !app.settings.sidebarVisible
        else
            sidebarOver = !sidebarOver
        if (sidebarShown && sidebarOver)
            sidebar.focusSearch()
        else if (!sidebarShown && sidebar.activeFocus)
            showPage(page)
    }

    function togglePanel() {
        if (panelFits)
            app.settings.panelVisible = !app.settings.panelVisible
        else
            panelOver = !panelOver
    }

    function showPage(name: string) {
        page = name
        sidebarOver = false
        if (name === "chat")
            chatPage.focusComposer()
        else
            (name === "models" ? libraryPage : settingsPage).forceActiveFocus()
    }

    function newChat() {
        app.chat.newChat()
        showPage("chat")
    }

    /// The chat with the panel of template and sampling beside it.
    function showTemplate() {
        showPage("chat")
        if (!panelShown)
            togglePanel()
        panel.tab = "prompt"
    }

    function act(action: string) {
        switch (action) {
        case "newChat":
            newChat()
            break
        case "searchChats":
            if (!sidebarShown)
                toggleSidebar()
            sidebar.focusSearch()
            break
        case "nextChat":
            app.conversations.next()
            showPage("chat")
            break
        case "renameChat":
            if (!sidebar.renameFocused())
                chatPage.renameTitle()
            break
        case "toggleSidebar":
            toggleSidebar()
            break
        case "togglePanel":
            togglePanel()
            break
        case "focusComposer":
            showPage("chat")
            break
        case "regenerate":
            if (page === "chat" && !app.chat.busy && app.chat.lastReplyId() > 0)
                app.chat.regenerate()
            break
        case "copyReply":
            if (app.chat.lastReplyId() > 0)
                app.chat.copy(app.chat.lastReplyId(), true)
            break
        case "previousMessage":
            chatPage.stepMessage(-1)
            break
        case "nextMessage":
            chatPage.stepMessage(1)
            break
        case "models":
        case "settings":
            showPage(page === action ? "chat" : action)
            break
        case "shortcuts":
            shortcutSheet.open()
            break
        }
    }

    title: app.chat.title === "" ? qsTr("Sotto") : qsTr("%1 – Sotto").arg(app.chat.title)
    width: 1200
    height: 800
    minimumWidth: 640
    minimumHeight: 480
    color: Theme.bg
    font.family: Theme.sansFamily
    font.pixelSize: Theme.bodySize
    palette.window: Theme.bg
    palette.windowText: Theme.text
    palette.text: Theme.text
    palette.base: Theme.card
    palette.highlight: Theme.accent
    palette.highlightedText: Theme.inkOnAccent

    SystemPalette { id: system }
    Binding {
        target: Theme
        property: "dark"
        value: window.app.settings.theme === Settings.Dark
            || (window.app.settings.theme === Settings.System && system.window.hslLightness < 0.5)
    }
    Binding {
        target: Theme
        property: "fontScale"
        value: Math.max(0.8, Math.min(2, window.app.settings.fontScale))
    }

    Binding {
        target: window.app
        property: "codePalette"
        value: Theme.codePalette
    }

    WindowPlace {
        window: window
        settings: window.app.settings
    }
    WindowShortcuts {
        shortcuts: window.app.shortcuts
        onTriggered: (action) => window.act(action)
    }
    ModelDialogs {
        id: dialogs
        library: window.app.library
    }
    ShortcutSheet {
        id: shortcutSheet
        parent: T.Overlay.overlay
        shortcuts: window.app.shortcuts
    }

    Connections {
        target: window.app

        function onRaiseRequested() {
            window.show()
            window.raise()
            window.requestActivate()
        }
    }

    // Reading order: sidebar, page, panel.
    Item {
        id: content
        /// How much of the side columns is in the window, from 0 to 1: they glide in and out.
        property real sidebarShare: window.sidebarShown ? 1 : 0
        property real panelShare: window.panelShown ? 1 : 0

        anchors.fill: parent

        Behavior on sidebarShare {
            NumberAnimation { duration: Theme.motion; easing.type: Easing.OutCubic }
        }
        Behavior on panelShare {
            NumberAnimation { duration: Theme.motion; easing.type: Easing.OutCubic }
        }

        Keys.onEscapePressed: (event) => {
            if (window.sidebarOver || window.panelOver)
                window.sidebarOver = window.panelOver = false
            else if (window.app.chat.busy)
                window.app.chat.stop()
            else
                event.accepted = false
        }

        Sidebar {
            id: sidebar
            app: window.app
            page: window.page
            width: Theme.sidebarWidth
            height: parent.height
            x: -width * (1 - content.sidebarShare)
            z: window.sidebarFits ? 0 : 3
            visible: x > -width
            onPageRequested: (page) => window.showPage(page)
            onNewChatRequested: window.newChat()
        }
        Item {
            id: middle
            anchors.left: parent.left
            anchors.right: parent.right
            anchors.leftMargin: window.sidebarFits ? sidebar.x + sidebar.width : 0
            anchors.rightMargin: window.panelFits && window.page === "chat" ? parent.width - panel.x : 0
            height: parent.height

            ChatPage {
                id: chatPage
                anchors.fill: parent
                visible: window.page === "chat"
                focus: true
                app: window.app
                sidebarShown: window.sidebarDocked
                panelShown: window.panelShown
                onSidebarRequested: window.toggleSidebar()
                onPanelRequested: window.togglePanel()
                onOpenFolderRequested: dialogs.openFolder()
                onOpenFileRequested: dialogs.openFile()
                onModelsRequested: window.showPage("models")
            }
            LibraryPage {
                id: libraryPage
                anchors.fill: parent
                visible: window.page === "models"
                app: window.app
                sidebarShown: window.sidebarDocked
                onSidebarRequested: window.toggleSidebar()
                onOpenFolderRequested: dialogs.openFolder()
                onOpenFileRequested: dialogs.openFile()
                onImportFolderRequested: dialogs.importFolder()
                onImportFileRequested: dialogs.importFile()
                onChatRequested: window.newChat()
                onTemplateRequested: window.showTemplate()
                onNetworkSettingsRequested: {
                    window.showPage("settings")
                    settingsPage.showNetwork()
                }
                onCloseRequested: window.showPage("chat")
            }
            SettingsPage {
                id: settingsPage
                anchors.fill: parent
                visible: window.page === "settings"
                app: window.app
                sidebarShown: window.sidebarDocked
                onSidebarRequested: window.toggleSidebar()
                onShortcutsRequested: shortcutSheet.open()
                onMoveModelsRequested: dialogs.moveModels()
                onCloseRequested: window.showPage("chat")
            }
        }
        SidePanel {
            id: panel
            app: window.app
            width: Theme.panelWidth
            height: parent.height
            x: parent.width - width * content.panelShare
            z: window.panelFits ? 0 : 3
            visible: x < parent.width
            onCloseRequested: window.togglePanel()
        }
        Rectangle {
            anchors.fill: parent
            z: 2
            visible: opacity > 0
            opacity: (window.sidebarShown && !window.sidebarFits) || (window.panelShown && !window.panelFits) ? 1 : 0
            color: Theme.shade

            Behavior on opacity {
                NumberAnimation { duration: Theme.motion }
            }
            MouseArea {
                anchors.fill: parent
                onClicked: window.sidebarOver = window.panelOver = false
            }
        }
        Toast {
            z: 4
            anchors.bottom: parent.bottom
            anchors.bottomMargin: Theme.px(20) + (window.page === "chat" ? chatPage.composerHeight : 0)
            anchors.horizontalCenter: middle.horizontalCenter
            width: Math.min(implicitWidth, parent.width - 32)
            shown: window.app.conversations.undoTitle !== ""
            message: qsTr("Deleted “%1”").arg(window.app.conversations.undoTitle)
            actionText: qsTr("Undo")
            onAction: window.app.conversations.undoRemove()
            onExpired: window.app.conversations.dismissUndo()
        }
        Toast {
            z: 4
            anchors.bottom: parent.bottom
            anchors.bottomMargin: Theme.px(20) + (window.page === "chat" ? chatPage.composerHeight : 0)
            anchors.horizontalCenter: middle.horizontalCenter
            width: Math.min(implicitWidth, parent.width - 32)
            shown: window.app.library.undoTitle !== "" && window.app.conversations.undoTitle === ""
            message: qsTr("Deleted “%1”").arg(window.app.library.undoTitle)
            actionText: qsTr("Undo")
            onAction: window.app.library.undoDelete()
            onExpired: window.app.library.dismissUndo()
        }
    }
}
