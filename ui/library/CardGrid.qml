pragma ComponentBehavior: Bound

import QtQuick
import Sotto.App

/// The catalogue as cards, as many side by side as have room; at first the recommended one and a few besides.
Column {
    id: grid

    /// Asked for its catalogue each time: that is another one after the models folder was moved.
    required property AppRoot app
    /// Why nothing can be fetched now; empty: it can.
    property string blocked: ""
    property bool allShown: false

    readonly property int perRow: width >= Theme.px(840) ? 3 : width >= Theme.px(540) ? 2 : 1
    readonly property int atFirst: perRow === 2 ? 4 : 3  // whole rows
    readonly property int recommendedRow: app.catalog.recommendedRow
    property real tallest: 0

    signal chatRequested(string path)
    signal downloadsRequested

    /// The recommended card is among the first ones wherever it stands in the catalogue.
    function isShown(row: int): bool {
        if (allShown)
            return true
        return row === recommendedRow || row < atFirst - (recommendedRow >= atFirst ? 1 : 0)
    }

    /// Cards side by side are of one height.
    function measure() {
        let height = 0
        for (let i = 0; i < repeater.count; i++) {
            const card = repeater.itemAt(i)
            if (card && card.visible)
                height = Math.max(height, card.implicitHeight)
        }
        tallest = height
    }

    spacing: Theme.px(8)
    onPerRowChanged: Qt.callLater(measure)
    onAllShownChanged: Qt.callLater(measure)

    Grid {
        width: parent.width
        columns: grid.perRow
        spacing: Theme.px(16)
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Recommended models")

        Repeater {
            id: repeater
            model: grid.app.catalog
            delegate: ModelCard {
                required property string state
                required property string path

                modelState: state
                visible: grid.isShown(index)
                width: (grid.width - (grid.perRow - 1) * Theme.px(16)) / grid.perRow
                height: grid.tallest
                blocked: grid.blocked
                onImplicitHeightChanged: Qt.callLater(grid.measure)
                onVisibleChanged: Qt.callLater(grid.measure)
                onDownloadRequested: (choice) => grid.app.catalog.get(index, choice)
                onLookRequested: grid.app.catalog.look(index)
                onExamineRequested: (choice) => grid.app.catalog.examine(index, choice)
                onChatRequested: grid.chatRequested(path)
                onShowRequested: grid.downloadsRequested()
            }
        }
    }
    TextAction {
        x: -leftPadding
        visible: repeater.count > grid.atFirst
        text: grid.allShown ? qsTr("Show fewer models") : qsTr("Show all %n model(s)", "", repeater.count)
        iconName: grid.allShown ? "arrow-up" : "arrow-down"
        onClicked: grid.allShown = !grid.allShown
    }
}
