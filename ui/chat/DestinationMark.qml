import QtQuick
import QtQuick.Layouts
import Sotto.App

/// Says, as long as a model on another machine is in use, where the text of a chat goes. Never folded away.
Rectangle {
    id: mark

    required property ModelRunner runner
    readonly property string words: runner.textIsOpen ? qsTr("Text goes to %1, not encrypted").arg(runner.textGoesTo)
                                                      : qsTr("Text goes to %1").arg(runner.textGoesTo)

    visible: runner.textGoesTo !== ""
    implicitWidth: row.implicitWidth + Theme.px(20)
    implicitHeight: Theme.px(26)
    radius: height / 2
    color: Theme.warnSoft
    border.width: 1
    border.color: Qt.alpha(Theme.warn, 0.35)

    Accessible.role: Accessible.StaticText
    Accessible.name: words
    Accessible.description: runner.deviceReason

    RowLayout {
        id: row
        anchors.fill: parent
        anchors.leftMargin: Theme.px(9)
        anchors.rightMargin: Theme.px(11)
        spacing: Theme.px(6)

        Icon {
            source: Theme.icon("globe")
            size: Theme.px(15)
            color: Theme.warn
        }
        Words {
            text: mark.words
            color: Theme.warn
            font.pixelSize: Theme.captionSize
            font.weight: Font.DemiBold
            elide: Text.ElideMiddle
            Layout.fillWidth: true
            Accessible.ignored: true
        }
    }
    HoverHandler { id: hover }
    HintTip {
        visible: hover.hovered
        text: mark.runner.deviceReason
    }
}
