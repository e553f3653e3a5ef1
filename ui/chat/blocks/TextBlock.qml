import QtQuick

/// A paragraph.
Item {
    id: block

    required property string text

    implicitHeight: words.implicitHeight

    ProseText {
        id: words
        width: block.width
        text: Theme.prose(block.text)
    }
}
