import QtQuick
import QtQuick.Controls.Basic

/// A text field of several lines that grows with its text up to `mostLines`, then scrolls. Tab leaves it.
Rectangle {
    id: box

    property string label: ""
    property string placeholder: ""
    property int leastLines: 2
    property int mostLines: 8
    readonly property alias area: area
    readonly property int lineHeight: Math.ceil(metrics.height)

    implicitHeight: Math.max(leastLines * lineHeight, Math.min(area.contentHeight, mostLines * lineHeight)) + Theme.px(18)
    radius: Theme.radius
    color: Theme.card
    border.width: area.activeFocus ? 2 : 1
    border.color: area.activeFocus ? Theme.accent : Theme.line

    FontMetrics {
        id: metrics
        font: area.font
    }
    Flickable {
        id: flick
        anchors.fill: parent
        anchors.margins: 2
        boundsBehavior: Flickable.StopAtBounds
        clip: true

        TextArea.flickable: TextArea {
            id: area
            wrapMode: TextArea.Wrap
            textFormat: TextEdit.PlainText
            placeholderText: box.placeholder
            placeholderTextColor: Theme.faint
            font.family: Theme.sansFamily
            font.pixelSize: Theme.px(14)
            color: Theme.text
            selectionColor: Theme.accent
            selectedTextColor: Theme.inkOnAccent
            selectByMouse: true
            leftPadding: Theme.px(10)
            rightPadding: Theme.px(10)
            topPadding: Theme.px(7)
            bottomPadding: Theme.px(7)
            background: null
            Accessible.name: box.label
            Accessible.role: Accessible.EditableText
            Accessible.multiLine: true
            Keys.onTabPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
            Keys.onBacktabPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
        }
        ScrollBar.vertical: ThinScrollBar {}
    }
}
