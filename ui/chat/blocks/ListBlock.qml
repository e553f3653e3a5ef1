import QtQuick

/// One item of a list; `level` says how deep it stands, `checked` is -1 where it is no task.
Item {
    id: block

    required property string text
    required property int level
    required property string marker
    required property int checked
    readonly property int indent: Theme.px(24)

    implicitHeight: words.implicitHeight

    Words {
        id: sign
        x: block.level * block.indent
        width: block.indent - Theme.px(6)
        visible: block.checked < 0
        text: Theme.prose(block.marker)
        textFormat: Text.RichText
        horizontalAlignment: Text.AlignRight
        color: Theme.dim
        Accessible.ignored: true
    }
    Rectangle {
        x: sign.x + Theme.px(2)
        y: (Theme.bodyLine - height) / 2
        width: Theme.px(15)
        height: width
        radius: 3
        visible: block.checked >= 0
        color: block.checked === 1 ? Theme.accent : "transparent"
        border.width: block.checked === 1 ? 0 : 1
        border.color: Theme.faint

        Icon {
            anchors.fill: parent
            size: parent.width
            visible: block.checked === 1
            source: Theme.icon("check")
            color: Theme.inkOnAccent
        }
    }
    ProseText {
        id: words
        x: (block.level + 1) * block.indent
        width: block.width - x
        text: Theme.prose(block.text)
    }
}
