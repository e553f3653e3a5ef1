pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic

/// A table, its first row the head. Columns are as wide as their text, up to a limit; a table wider than the column scrolls.
Item {
    id: block

    required property int columns
    required property list<string> cells
    required property list<string> alignments
    readonly property int rowCount: columns > 0 ? Math.ceil(cells.length / columns) : 0
    readonly property int widestColumn: Theme.px(320)
    property list<real> natural: []
    /// Widths of the columns; the room that is left is shared out.
    readonly property list<real> widths: {
        const spare = Math.max(0, width - sum(natural)) / Math.max(1, natural.length)
        return natural.map(own => Math.floor(own + spare))
    }

    function sum(lengths: var): real {
        return Array.from(lengths).reduce((total, length) => total + length, 0)
    }

    function measure() {
        const found = new Array(columns).fill(Theme.px(56))
        for (let i = 0; i < probes.count; ++i) {
            const probe = probes.itemAt(i) as Text
            if (probe)
                found[i % columns] = Math.max(found[i % columns], Math.min(widestColumn, probe.implicitWidth + Theme.px(20)))
        }
        natural = found
    }

    implicitHeight: flick.height
    Accessible.role: Accessible.Table
    Accessible.name: qsTr("Table, rows: %1").arg(Math.max(0, rowCount - 1))

    Timer {
        id: measuring
        interval: 0
        onTriggered: block.measure()
    }
    // Invisible copies tell how wide each cell would like to be.
    Repeater {
        id: probes
        model: block.cells
        delegate: Text {
            required property string modelData
            required property int index

            visible: false
            text: modelData
            textFormat: Text.StyledText
            font.family: Theme.sansFamily
            font.pixelSize: Theme.px(14)
            font.weight: index < block.columns ? Font.DemiBold : Font.Normal
            onImplicitWidthChanged: measuring.restart()
        }
        onItemAdded: measuring.restart()
        onItemRemoved: measuring.restart()
    }

    Flickable {
        id: flick
        width: parent.width
        height: grid.implicitHeight + (overflowing ? Theme.px(10) : 0)
        readonly property bool overflowing: contentWidth > width + 1
        contentWidth: Math.max(width, block.sum(block.widths))
        contentHeight: height
        flickableDirection: Flickable.HorizontalFlick
        boundsBehavior: Flickable.StopAtBounds
        clip: true

        Column {
            id: grid

            Repeater {
                model: block.rowCount
                delegate: Column {
                    id: line

                    required property int index

                    Row {
                        Repeater {
                            model: block.columns
                            delegate: ProseText {
                                required property int index
                                readonly property int cell: line.index * block.columns + index

                                width: block.widths[index] ?? 0
                                topPadding: Theme.px(5)
                                bottomPadding: Theme.px(5)
                                rightPadding: index === block.columns - 1 && block.alignments[index] === "right" ? 0 : Theme.px(16)
                                text: Theme.richTextStyle + (block.cells[cell] ?? "")
                                font.pixelSize: line.index === 0 ? Theme.smallSize : Theme.px(14)
                                font.weight: line.index === 0 ? Font.DemiBold : Font.Normal
                                color: line.index === 0 ? Theme.dim : Theme.text
                                horizontalAlignment: block.alignments[index] === "right" ? TextEdit.AlignRight
                                    : block.alignments[index] === "center" ? TextEdit.AlignHCenter : TextEdit.AlignLeft
                            }
                        }
                    }
                    Rectangle {
                        width: flick.contentWidth
                        height: 1
                        color: Theme.line
                    }
                }
            }
        }
        ScrollBar.horizontal: ThinScrollBar {
            policy: flick.overflowing ? ScrollBar.AlwaysOn : ScrollBar.AlwaysOff
        }
    }
}
