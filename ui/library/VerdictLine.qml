import QtQuick
import QtQuick.Layouts

/// Whether a model runs on this machine: a coloured dot and the words for it, so that the colour says nothing alone.
RowLayout {
    id: line

    /// "fits", "tight", "too large" or "unknown".
    required property string verdict
    required property string words
    readonly property string verdictWord: verdict === "fits" ? qsTr("Fits.") : verdict === "tight" ? qsTr("Tight.")
        : verdict === "too large" ? qsTr("Too large.") : ""

    spacing: Theme.px(8)

    Rectangle {
        implicitWidth: Theme.px(8)
        implicitHeight: implicitWidth
        radius: implicitWidth / 2
        color: line.verdict === "fits" ? Theme.accent : line.verdict === "unknown" ? Theme.faint : Theme.warn
        Layout.alignment: Qt.AlignTop
        Layout.topMargin: Math.round((label.font.pixelSize * 1.35 - implicitHeight) / 2)
    }
    Words {
        id: label
        text: line.verdictWord === "" ? line.words : line.verdictWord + " " + line.words
        font.pixelSize: Theme.smallSize
        lineHeight: 1.25
        wrapMode: Text.Wrap
        Layout.fillWidth: true
    }
}
