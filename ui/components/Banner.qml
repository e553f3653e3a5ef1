pragma ComponentBehavior: Bound

import QtQuick

/// A line of news or trouble inside the page: what happened, its detail on demand, and what can be done (put buttons inside).
Rectangle {
    id: banner

    required property string message
    property string detail: ""
    property bool trouble: true
    property bool dismissible: true
    default property alias actions: actionRow.data
    property bool detailShown: false

    signal dismissed

    implicitHeight: column.height + Theme.px(26)
    radius: Theme.radius
    color: trouble ? Theme.warnSoft : Theme.soft
    border.width: 1
    border.color: Qt.alpha(trouble ? Theme.warn : Theme.accent, 0.35)

    Accessible.role: Accessible.AlertMessage
    Accessible.name: message

    Icon {
        id: sign
        x: Theme.px(14)
        y: Theme.px(13)
        source: Theme.icon(banner.trouble ? "warning" : "info")
        color: banner.trouble ? Theme.warn : Theme.accent
    }
    Column {
        id: column
        anchors.left: sign.right
        anchors.right: controls.left
        anchors.leftMargin: Theme.px(10)
        anchors.rightMargin: Theme.px(8)
        y: Theme.px(13)
        spacing: Theme.px(8)

        Words {
            width: parent.width
            text: banner.message
            font.pixelSize: Theme.smallSize
            lineHeight: 1.3
            wrapMode: Text.Wrap
        }
        TextEdit {
            width: parent.width
            visible: banner.detailShown && text !== ""
            text: banner.detail
            textFormat: TextEdit.PlainText
            readOnly: true
            selectByMouse: true
            wrapMode: TextEdit.Wrap
            font.family: Theme.sansFamily
            font.pixelSize: Theme.captionSize
            color: Theme.dim
            selectionColor: Theme.accent
            selectedTextColor: Theme.inkOnAccent
        }
        Flow {
            id: actionRow
            width: parent.width
            visible: children.length > 0
            spacing: 8
        }
    }
    Row {
        id: controls
        anchors.right: parent.right
        anchors.rightMargin: Theme.px(8)
        y: Theme.px(9)
        spacing: 2

        TextAction {
            visible: banner.detail !== ""
            text: banner.detailShown ? qsTr("Hide details") : qsTr("Details")
            onClicked: banner.detailShown = !banner.detailShown
        }
        IconButton {
            visible: banner.dismissible
            extent: Theme.px(26)
            iconExtent: Theme.px(15)
            iconName: "close"
            label: qsTr("Dismiss")
            onClicked: banner.dismissed()
        }
    }
}
