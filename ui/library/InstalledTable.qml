pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// The models of this machine as a table. Up and Down go from row to row, Enter chats, the menu key opens a row's menu.
Column {
    id: table

    required property ModelLibrary library
    property bool unusableShown: false
    readonly property bool wide: width >= Theme.px(640)
    readonly property var columns: ({
        precision: Theme.px(96),
        size: Theme.px(92),
        context: Theme.px(92),
        used: Theme.px(104),
        menu: Theme.px(40)
    })

    signal chatRequested(int row)
    signal templateRequested(int row)

    component HeadWords: Words {
        color: Theme.dim
        font.pixelSize: Theme.smallSize
        font.weight: Font.DemiBold
    }

    RowLayout {
        width: parent.width
        height: Theme.px(28)
        spacing: Theme.px(8)

        HeadWords {
            text: qsTr("Installed")
            Layout.fillWidth: true
            Accessible.role: Accessible.Heading
        }
        HeadWords { text: qsTr("Precision"); Layout.preferredWidth: table.columns.precision }
        HeadWords { text: qsTr("Size"); Layout.preferredWidth: table.columns.size }
        HeadWords { visible: table.wide; text: qsTr("Context"); Layout.preferredWidth: table.columns.context }
        HeadWords { visible: table.wide; text: qsTr("Last used"); Layout.preferredWidth: table.columns.used }
        Item { Layout.preferredWidth: table.columns.menu }
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
        Accessible.name: qsTr("Known models")

        Repeater {
            id: repeater
            model: table.library
            delegate: InstalledRow {
                width: rows.width
                wide: table.wide
                columns: table.columns
                visible: !foreign || usable || !checked || table.unusableShown
                onChatRequested: table.chatRequested(index)
                onTemplateRequested: table.templateRequested(index)
                onCopyRequested: table.library.copyIn(index)
                onQuantizeRequested: (bits) => table.library.quantize(index, bits)
                onShowRequested: table.library.showInFolder(index)
                onForgetRequested: table.library.removeAt(index)
                onDeleteRequested: table.library.deleteAt(index)
                Keys.onDownPressed: table.step(index, 1)
                Keys.onUpPressed: table.step(index, -1)
            }
        }
    }
    Item {
        width: parent.width
        height: visible ? Theme.px(52) : 0
        visible: repeater.count === 0

        Words {
            anchors.verticalCenter: parent.verticalCenter
            text: table.library.scanning ? qsTr("Looking for models on this computer…") : qsTr("No model is on this computer yet.")
            color: Theme.faint
            font.pixelSize: Theme.smallSize
        }
    }
    Item {
        width: parent.width
        height: visible ? Theme.px(44) : 0
        visible: table.library.unusableCount > 0

        TextAction {
            x: -leftPadding
            anchors.verticalCenter: parent.verticalCenter
            text: table.unusableShown ? qsTr("Hide the models that Sotto cannot open")
                                      : qsTr("%n model(s) of other programs cannot be opened by Sotto", "", table.library.unusableCount)
            onClicked: table.unusableShown = !table.unusableShown
        }
    }

    function step(from: int, by: int) {
        for (let i = from + by; i >= 0 && i < repeater.count; i += by) {
            if (!repeater.itemAt(i).visible)
                continue
            repeater.itemAt(i).forceActiveFocus(Qt.TabFocusReason)
            return
        }
    }
}
