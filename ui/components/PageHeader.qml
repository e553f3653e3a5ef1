import QtQuick
import QtQuick.Layouts

/// The strip at the head of a page; its children lie in a row. Where the sidebar is hidden it begins with a button that shows it.
Item {
    id: header

    required property bool sidebarShown
    readonly property int spacing: Theme.px(12)
    default property alias parts: row.data

    signal sidebarRequested

    implicitHeight: Theme.px(56)

    Rectangle {
        anchors.bottom: parent.bottom
        width: parent.width
        height: 1
        color: Theme.line
    }
    RowLayout {
        id: row
        anchors.fill: parent
        anchors.leftMargin: header.sidebarShown ? Theme.px(24) : Theme.px(12)
        anchors.rightMargin: Theme.px(16)
        spacing: header.spacing

        IconButton {
            visible: !header.sidebarShown
            iconName: "sidebar"
            label: qsTr("Show the sidebar")
            onClicked: header.sidebarRequested()
        }
    }
}
