import QtQuick
import QtQuick.Layouts

/// A known model in the picker: press to load, cross to take it off the list (its files stay).
Item {
    id: choice

    required property int index
    required property string name
    required property string path
    required property string detail
    required property bool isDemo
    required property bool active
    required property bool missing
    required property string problem
    required property bool foreign
    required property bool usable
    required property bool checked
    required property bool canForget
    property bool current: false

    signal chosen
    signal forgotten

    /// Only what is complete and sound can be taken.
    function choose() {
        if (usable || !checked)
            chosen()
    }

    function forget() {
        if (canForget)
            forgotten()
    }

    // Of other programs only what can be used is offered.
    visible: !foreign || usable || !checked
    height: visible ? implicitHeight : 0
    implicitHeight: Math.max(Theme.px(48), column.implicitHeight + Theme.px(14))

    Accessible.role: Accessible.ListItem
    Accessible.name: name
    Accessible.description: problem === "" ? detail : problem
    Accessible.selected: active
    Accessible.onPressAction: choose()

    Rectangle {
        anchors.fill: parent
        radius: 6
        color: choice.current ? Theme.soft : mouse.containsMouse || cross.hovered ? Theme.hover : "transparent"
    }
    MouseArea {
        id: mouse
        anchors.fill: parent
        hoverEnabled: true
        cursorShape: choice.usable || !choice.checked ? Qt.PointingHandCursor : Qt.ArrowCursor
        onClicked: choice.choose()
    }
    RowLayout {
        anchors.fill: parent
        anchors.leftMargin: Theme.px(10)
        anchors.rightMargin: 4
        spacing: Theme.px(8)

        Icon {
            source: Theme.icon(choice.problem !== "" ? "warning" : "check")
            size: Theme.px(16)
            color: choice.problem !== "" ? Theme.warn : Theme.accent
            opacity: choice.active || choice.problem !== "" ? 1 : 0
        }
        ColumnLayout {
            id: column
            spacing: 1
            Layout.fillWidth: true

            Words {
                text: choice.name
                elide: Text.ElideRight
                font.pixelSize: Theme.smallSize
                font.weight: choice.active ? Font.DemiBold : Font.Normal
                color: choice.missing ? Theme.faint : Theme.text
                Layout.fillWidth: true
                Accessible.ignored: true
            }
            Words {
                visible: text !== ""
                text: choice.problem !== "" ? choice.problem : choice.detail
                elide: Text.ElideRight
                wrapMode: Text.Wrap
                maximumLineCount: 2
                font.pixelSize: Theme.captionSize
                color: choice.problem !== "" ? Theme.warn : Theme.dim
                Layout.fillWidth: true
                Accessible.ignored: true
            }
        }
        IconButton {
            id: cross
            visible: choice.canForget && (mouse.containsMouse || hovered || choice.current)
            extent: Theme.px(28)
            iconExtent: Theme.px(14)
            iconName: "close"
            label: qsTr("Remove %1 from the list").arg(choice.name)
            hint: qsTr("Remove from the list. The files stay.")
            activeFocusOnTab: choice.current || activeFocus
            onClicked: choice.forgotten()
        }
    }
}
