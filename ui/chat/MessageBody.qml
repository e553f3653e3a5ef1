pragma ComponentBehavior: Bound

import QtQuick
import Sotto.App

/// The blocks of a message, one below the other.
Column {
    id: body

    required property BlockListModel blocks

    spacing: 0

    Repeater {
        id: list
        model: body.blocks
        delegate: BlockChooser {
            width: body.width
            above: (list.itemAt(index - 1) as BlockChooser)?.kind ?? ""
        }
    }
}
