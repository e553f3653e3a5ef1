pragma ComponentBehavior: Bound

import QtQuick

/// Quoted text, with one line at its side for each level.
Item {
    id: block

    required property string text
    required property int level
    readonly property int step: Theme.px(16)

    implicitHeight: words.implicitHeight

    Repeater {
        model: block.level + 1
        delegate: Rectangle {
            required property int index

            x: index * block.step
            width: 3
            height: block.height
            radius: 1.5
            color: Theme.line
        }
    }
    ProseText {
        id: words
        x: (block.level + 1) * block.step
        width: block.width - x
        text: Theme.prose(block.text)
        color: Theme.dim
    }
}
