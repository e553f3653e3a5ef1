import QtQuick

/// A heading of level 1 to 6.
Item {
    id: block

    required property string text
    required property string plain
    required property int level

    implicitHeight: words.implicitHeight
    Accessible.role: Accessible.Heading
    Accessible.name: plain

    ProseText {
        id: words
        width: block.width
        text: Theme.richTextStyle + block.text
        font.pixelSize: Theme.px([21, 18, 16, 15, 15, 15][Math.max(0, Math.min(5, block.level - 1))])
        font.weight: Font.DemiBold
    }
}
