pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts

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

    implicitHeight: column.implicitHeight + Theme.px(20)
    radius: Theme.radius
    color: trouble ? Theme.warnSoft : Theme.soft
    border.width: 1
    border.color: Qt.alpha(trouble ? Theme.warn : Theme.accent, 0.35)

    Accessible.role: Accessible.AlertMessage
    Accessible.name: message

    ColumnLayout {
        id: column
        anchors.fill: parent
        anchors.margins: Theme.px(10)
        anchors.leftMargin: Theme.px(14)
        spacing: 4

        RowLayout {
            spacing: Theme.px(10)
            Layout.fillWidth: true

            Icon {
                source: Theme.icon(banner.trouble ? "warning" : "info")
                color: banner.trouble ? Theme.warn : Theme.accent
                Layout.alignment: Qt.AlignTop
                Layout.topMargin: Theme.px(4)
            }
            Words {
                text: banner.message
                font.pixelSize: Theme.smallSize
                lineHeight: 1.3
                wrapMode: Text.Wrap
                Layout.fillWidth: true
                Layout.topMargin: Theme.px(4)
                Layout.bottomMargin: Theme.px(4)
                Layout.alignment: Qt.AlignTop
            }
            TextAction {
                visible: banner.detail !== ""
                text: banner.detailShown ? qsTr("Hide details") : qsTr("Details")
                onClicked: banner.detailShown = !banner.detailShown
                Layout.alignment: Qt.AlignTop
            }
            IconButton {
                visible: banner.dismissible
                extent: Theme.px(26)
                iconExtent: Theme.px(15)
                iconName: "close"
                label: qsTr("Dismiss")
                onClicked: banner.dismissed()
                Layout.alignment: Qt.AlignTop
            }
        }
        TextEdit {
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
            Layout.fillWidth: true
            Layout.leftMargin: Theme.iconSize + Theme.px(10)
        }
        Flow {
            id: actionRow
            visible: children.length > 0
            spacing: 8
            Layout.fillWidth: true
            Layout.leftMargin: Theme.iconSize + Theme.px(10)
            Layout.topMargin: visible ? 4 : 0
            Layout.bottomMargin: visible ? 4 : 0
        }
    }
}
