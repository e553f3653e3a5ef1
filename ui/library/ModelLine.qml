import QtQuick
import QtQuick.Layouts

/// One known model: what it is, where it lies, whether it is in use, and what can be done with it.
Rectangle {
    id: line

    required property int index
    required property string name
    required property string path
    required property string detail
    required property bool isDemo
    required property bool active
    required property bool missing
    required property string problem

    signal loadRequested
    signal removeRequested

    implicitHeight: row.implicitHeight + Theme.px(26)
    radius: Theme.radius
    color: Theme.card
    border.width: 1
    border.color: active ? Theme.accent : Theme.line

    Accessible.role: Accessible.ListItem
    Accessible.name: name
    Accessible.description: problem === "" ? detail : problem
    Accessible.selected: active

    RowLayout {
        id: row
        anchors.verticalCenter: parent.verticalCenter
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.leftMargin: Theme.px(16)
        anchors.rightMargin: Theme.px(12)
        spacing: Theme.px(10)

        ColumnLayout {
            spacing: 3
            Layout.fillWidth: true

            Words {
                text: line.name
                font.weight: Font.DemiBold
                elide: Text.ElideRight
                Layout.fillWidth: true
                Accessible.ignored: true
            }
            Words {
                visible: text !== ""
                text: line.problem !== "" ? line.problem : line.detail
                color: line.problem !== "" ? Theme.warn : Theme.dim
                font.pixelSize: Theme.smallSize
                wrapMode: Text.Wrap
                Layout.fillWidth: true
                Accessible.ignored: true
            }
            Words {
                visible: !line.isDemo
                text: line.path
                color: Theme.faint
                font.pixelSize: Theme.captionSize
                elide: Text.ElideMiddle
                Layout.fillWidth: true
            }
        }
        Words {
            visible: line.active
            text: qsTr("In use")
            color: Theme.accent
            font.pixelSize: Theme.smallSize
            font.weight: Font.DemiBold
        }
        PushButton {
            visible: !line.active
            enabled: !line.missing
            text: qsTr("Use")
            Accessible.description: line.name
            onClicked: line.loadRequested()
        }
        IconButton {
            visible: !line.isDemo
            iconName: "close"
            iconExtent: Theme.px(15)
            label: qsTr("Remove %1 from the list").arg(line.name)
            hint: qsTr("Remove from the list. The files stay.")
            onClicked: line.removeRequested()
        }
    }
}
