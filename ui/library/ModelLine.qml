import QtQuick
import QtQuick.Layouts

/// One known model: what it is, where it lies, whether it is in use, and what can be done with it.
Item {
    id: line

    required property int index
    required property string name
    required property string path
    required property string detail
    required property bool isDemo
    required property bool active
    required property bool missing
    required property string problem
    property bool current: false
    /// Whether Tab stops at the buttons.
    property bool reachable: false
    property bool loading: false

    signal loadRequested
    signal removeRequested

    function load() {
        if (!active && !missing)
            loadRequested()
    }

    function remove() {
        if (!isDemo)
            removeRequested()
    }

    implicitHeight: frame.height + Theme.px(8)

    Accessible.role: Accessible.ListItem
    Accessible.name: name
    Accessible.description: problem === "" ? detail : problem
    Accessible.selected: active

    Rectangle {
        id: frame
        width: Math.min(parent.width - Theme.px(48), Theme.columnWidth)
        height: row.implicitHeight + Theme.px(26)
        anchors.horizontalCenter: parent.horizontalCenter
        radius: Theme.radius
        color: Theme.card
        border.width: 1
        border.color: line.active ? Theme.accent : Theme.line

        FocusRing { shown: line.current }

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
                activeFocusOnTab: line.reachable
                Accessible.description: line.name
                onClicked: line.load()
            }
            IconButton {
                visible: !line.isDemo
                iconName: "close"
                iconExtent: Theme.px(15)
                label: qsTr("Remove %1 from the list").arg(line.name)
                hint: qsTr("Remove from the list. The files stay.")
                activeFocusOnTab: line.reachable
                onClicked: line.remove()
            }
        }
    }
}
