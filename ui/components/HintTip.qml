import QtQuick
import QtQuick.Controls.Basic

/// A tooltip in the window's colours. Shown a moment after `visible` becomes true.
ToolTip {
    id: hint

    property int widest: Theme.px(280)

    delay: 500
    padding: 8
    leftPadding: 10
    rightPadding: 10
    font.pixelSize: Theme.captionSize
    font.family: Theme.sansFamily
    contentItem: Text {
        text: hint.text
        textFormat: Text.PlainText
        font: hint.font
        color: Theme.bg
        wrapMode: Text.Wrap
        width: Math.min(implicitWidth, hint.widest)
    }
    implicitWidth: Math.min(hint.widest, Math.ceil(metrics.boundingRect.width) + 1) + leftPadding + rightPadding
    background: Rectangle {
        color: Theme.text
        radius: 6
    }

    TextMetrics {
        id: metrics
        font: hint.font
        text: hint.text
    }
}
