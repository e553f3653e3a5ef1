pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// Find, get, check and keep models: the catalogue's cards, what is under way, what is installed, and the search of the hubs.
FocusScope {
    id: page

    required property AppRoot app
    required property bool sidebarShown
    readonly property string blocked: app.library.moving ? qsTr("The models folder is being moved.") : app.hub.blocked

    signal sidebarRequested
    signal openFolderRequested
    signal openFileRequested
    signal importFolderRequested
    signal importFileRequested
    signal chatRequested
    signal templateRequested
    signal networkSettingsRequested
    signal closeRequested

    Keys.onEscapePressed: closeRequested()
    onVisibleChanged: {
        if (!visible)
            return
        app.library.refresh()
        app.catalog.refresh()
        app.machine.look()
    }

    /// Brings what lies at this item into view.
    function show(item: Item) {
        const top = item.mapToItem(column, 0, 0).y + column.y
        flick.contentY = Math.max(0, Math.min(top - Theme.px(24), flick.contentHeight - flick.height))
    }

    /// Likewise, where not all of it is in view already.
    function showWhole(item: Item) {
        const top = item.mapToItem(flick, 0, 0).y
        if (top < 0 || top + item.height > flick.height)
            show(item)
    }

    Flickable {
        id: flick
        anchors.fill: parent
        contentWidth: width
        contentHeight: column.height + Theme.px(88)
        boundsBehavior: Flickable.StopAtBounds
        clip: true

        Column {
            id: column
            x: Math.max(Theme.px(32), (flick.width - width) / 2)
            y: Theme.px(30)
            width: Math.min(flick.width - Theme.px(64), Theme.px(1180))

            RowLayout {
                width: parent.width
                spacing: Theme.px(10)

                IconButton {
                    visible: !page.sidebarShown
                    iconName: "sidebar"
                    label: qsTr("Show the sidebar")
                    onClicked: page.sidebarRequested()
                }
                Words {
                    text: qsTr("Models")
                    font.pixelSize: Theme.titleSize
                    font.weight: Font.Bold
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
            Words {
                width: parent.width
                topPadding: Theme.px(4)
                text: qsTr("This computer: %1.").arg(page.app.machine.sentence)
                color: Theme.dim
                font.pixelSize: Theme.px(14)
                lineHeight: 1.3
                wrapMode: Text.Wrap
            }
            PageBanners {
                app: page.app
                width: parent.width
                inset: 0
                widest: width
                onOpenFolderRequested: page.openFolderRequested()
            }
            Column {
                width: parent.width
                topPadding: visible ? Theme.px(14) : 0
                spacing: 8
                // Not by what shows in it: inside what is hidden nothing shows.
                visible: [page.blocked, page.app.downloads.problem, page.app.library.problem, page.app.catalog.problem].some(text => text !== "")

                Banner {
                    visible: page.blocked !== ""
                    width: parent.width
                    trouble: false
                    dismissible: false
                    message: page.blocked

                    PushButton {
                        text: qsTr("Network settings")
                        onClicked: page.networkSettingsRequested()
                    }
                }
                Banner {
                    visible: page.app.downloads.problem !== ""
                    width: parent.width
                    dismissible: false
                    message: page.app.downloads.problem
                }
                Banner {
                    visible: page.app.library.problem !== ""
                    width: parent.width
                    message: page.app.library.problem
                    onDismissed: page.app.library.dismissProblem()
                }
                Banner {
                    visible: page.app.catalog.problem !== ""
                    width: parent.width
                    dismissible: false
                    message: page.app.catalog.problem
                }
            }
            CardGrid {
                id: cards
                width: parent.width
                topPadding: Theme.px(18)
                app: page.app
                blocked: page.blocked
                onChatRequested: (path) => {
                    page.app.runner.load(path)
                    page.chatRequested()
                }
                onDownloadsRequested: page.show(tasks)
            }
            Column {
                id: tasks
                width: parent.width
                topPadding: downloads.count + jobs.count > 0 || page.app.library.candidate.name !== undefined ? Theme.px(16) : 0
                spacing: Theme.px(10)
                Accessible.role: Accessible.List
                Accessible.name: qsTr("Downloads")

                Repeater {
                    id: downloads
                    model: page.app.downloads
                    delegate: DownloadLine {
                        width: tasks.width
                        blocked: page.blocked
                        onUpRequested: page.app.downloads.move(index, index - 1)
                        onPauseRequested: page.app.downloads.pause(index)
                        onResumeRequested: page.app.downloads.resume(index)
                        onCancelRequested: page.app.downloads.cancel(index)
                        onChatRequested: {
                            page.app.runner.load(folder)
                            page.app.downloads.cancel(index)
                            page.chatRequested()
                        }
                    }
                }
                Repeater {
                    id: jobs
                    model: page.app.library.jobs
                    delegate: JobLine {
                        width: tasks.width
                        onCancelRequested: page.app.library.jobs.cancel(index)
                        onDismissRequested: page.app.library.jobs.dismiss(index)
                    }
                }
                ImportCard {
                    width: tasks.width
                    library: page.app.library
                    machine: page.app.machine
                }
            }
            Item {
                width: 1
                height: Theme.px(24)
            }
            InstalledTable {
                width: parent.width
                library: page.app.library
                onChatRequested: (row) => {
                    page.app.library.use(row)
                    page.chatRequested()
                }
                onTemplateRequested: (row) => {
                    page.app.library.use(row)
                    page.templateRequested()
                }
            }
            RowLayout {
                width: parent.width
                height: implicitHeight + Theme.px(24)
                spacing: 8

                PushButton {
                    id: importButton
                    text: qsTr("Import a folder or GGUF…")
                    Accessible.name: qsTr("Import")
                    Accessible.role: Accessible.ButtonMenu
                    Layout.alignment: Qt.AlignVCenter
                    onClicked: importMenu.popup(importButton, 0, importButton.height + 4)
                }
                Words {
                    text: page.app.downloads.partialBytes > 0
                        ? qsTr("Unfinished downloads take up %1.").arg(Qt.locale().formattedDataSize(page.app.downloads.partialBytes, 1, Locale.DataSizeSIFormat)) : ""
                    color: Theme.faint
                    font.pixelSize: Theme.smallSize
                    elide: Text.ElideRight
                    Layout.fillWidth: true
                    Layout.leftMargin: Theme.px(8)
                }
            }
            Item {
                width: 1
                height: Theme.px(20)
            }
            RemoteSection {
                width: parent.width
                remotes: page.app.remotes
                runner: page.app.runner
                blocked: page.app.hub.blocked
                onFormOpened: (form) => page.showWhole(form)
                onChatRequested: (location) => {
                    page.app.runner.load(location)
                    page.chatRequested()
                }
            }
            Item {
                width: 1
                height: Theme.px(36)
            }
            Words {
                width: parent.width
                text: qsTr("Search the hub")
                color: Theme.dim
                font.pixelSize: Theme.smallSize
                font.weight: Font.DemiBold
                bottomPadding: Theme.px(10)
                Accessible.role: Accessible.Heading
            }
            HubSearchBox {
                id: hubSearch
                width: parent.width
                app: page.app
                hasToken: page.app.account.hasToken
                blocked: page.blocked
                onTokenRequested: page.networkSettingsRequested()
            }
        }
        ScrollBar.vertical: ThinScrollBar {}
    }

    ActionMenu {
        id: importMenu
        implicitWidth: Theme.px(220)

        ActionMenuItem {
            text: qsTr("A folder…")
            iconName: "folder"
            onTriggered: page.importFolderRequested()
        }
        ActionMenuItem {
            text: qsTr("A GGUF file…")
            iconName: "file"
            onTriggered: page.importFileRequested()
        }
    }
}
