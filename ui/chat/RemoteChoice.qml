import QtQuick
import QtQuick.Layouts

/// A model on another machine in the picker: its name, and under it where the text would go.
Item {
    id: choice

    required property int index
    required property string title
    required property string host
    required property string location
    property bool active: false
    property bool current: false

    signal chosen

    implicitHeight: Math.max(Theme.px(48), column.implicitHeight + Theme.px(14))
    height: implicitHeight

    Accessible.role: Accessible.ListItem
    Accessible.name: title
    Accessible.description: goes.text
    Accessible.selected: active
    Accessible.onPressAction: chosen()

    Rectangle {
        anchors.fill: parent
        radius: 6
        color: choice.current ? Theme.soft : mouse.containsMouse ? Theme.hover : "transparent"
    }
    MouseArea {
        id: mouse
        anchors.fill: parent
        hoverEnabled: true
        cursorShape: Qt.PointingHandCursor
        onClicked: choice.chosen()
    }
    RowLayout {
        anchors.fill: parent
        anchors.leftMargin: Theme.px(10)
        anchors.rightMargin: Theme.px(10)
        spacing: Theme.px(8)

        Icon {
            source: Theme.icon("check")
            size: Theme.px(16)
            color: Theme.accent
            opacity: choice.active ? 1 : 0
        }
        ColumnLayout {
            id: column
            spacing: 1
            Layout.fillWidth: true

            Words {
                text: choice.title
                elide: Text.ElideRight
                font.pixelSize: Theme.smallSize
                font.weight: choice.active ? Font.DemiBold : Font.Normal
                Layout.fillWidth: true
                Accessible.ignored: true
            }
            Words {
                id: goes
                text: qsTr("Text goes to %1").arg(choice.host)
                elide: Text.ElideMiddle
                font.pixelSize: Theme.captionSize
                color: Theme.warn
                Layout.fillWidth: true
                Accessible.ignored: true
            }
        }
        Icon {
            source: Theme.icon("globe")
            size: Theme.px(16)
            color: Theme.warn
        }
    }
}
