import QtQuick
import QtQuick.Layouts

/// The line under a message: copy, edit, regenerate, its versions, and at the far side its statistics. Keeps its room while
/// it is not shown, so that nothing jumps.
Item {
    id: actions

    required property bool fromUser
    required property int versionIndex
    required property int versionCount
    required property bool busy
    property string statistics: ""
    property bool shown: false
    /// Whether Tab stops here.
    property bool reachable: false
    property bool copied: false

    signal copyRequested(bool asMarkdown)
    signal editRequested
    signal regenerateRequested
    signal versionRequested(int delta)

    implicitHeight: Theme.px(28)

    RowLayout {
        anchors.left: actions.fromUser ? undefined : parent.left
        anchors.right: parent.right
        anchors.leftMargin: -Theme.px(7)
        anchors.rightMargin: actions.fromUser ? -Theme.px(7) : 0
        height: parent.height
        spacing: 2
        opacity: actions.shown ? 1 : actions.versionCount > 1 ? 0.75 : 0

        Behavior on opacity {
            NumberAnimation { duration: Theme.motion }
        }

        TextAction {
            visible: actions.shown
            text: actions.copied ? qsTr("Copied") : qsTr("Copy")
            iconName: actions.copied ? "check" : "copy"
            hint: qsTr("Copy the text as it was written. With Shift: without its marks.")
            activeFocusOnTab: actions.reachable
            Accessible.name: qsTr("Copy")
            onPressedChanged: actions.copied = false
            onClicked: {
                actions.copyRequested(!shift.held)
                actions.copied = true
                copiedTimer.restart()
            }

            PointHandler {
                id: shift
                property bool held: false
                onActiveChanged: if (active) held = (point.modifiers & Qt.ShiftModifier) !== 0
            }
        }
        TextAction {
            visible: actions.shown
            enabled: !actions.busy
            text: qsTr("Edit")
            iconName: "edit"
            activeFocusOnTab: actions.reachable
            onClicked: actions.editRequested()
        }
        TextAction {
            visible: actions.shown && !actions.fromUser
            enabled: !actions.busy
            text: qsTr("Regenerate")
            iconName: "refresh"
            activeFocusOnTab: actions.reachable
            onClicked: actions.regenerateRequested()
        }
        RowLayout {
            visible: actions.versionCount > 1
            spacing: 0

            IconButton {
                extent: Theme.px(26)
                iconExtent: Theme.px(14)
                iconName: "chevron-left"
                label: qsTr("Previous version")
                enabled: actions.versionIndex > 1 && !actions.busy
                activeFocusOnTab: actions.reachable
                onClicked: actions.versionRequested(-1)
            }
            Words {
                text: qsTr("%1 / %2").arg(actions.versionIndex).arg(actions.versionCount)
                color: Theme.dim
                font.pixelSize: Theme.captionSize
                Accessible.name: qsTr("Version %1 of %2").arg(actions.versionIndex).arg(actions.versionCount)
            }
            IconButton {
                extent: Theme.px(26)
                iconExtent: Theme.px(14)
                iconName: "chevron-right"
                label: qsTr("Next version")
                enabled: actions.versionIndex < actions.versionCount && !actions.busy
                activeFocusOnTab: actions.reachable
                onClicked: actions.versionRequested(1)
            }
        }
        Words {
            visible: !actions.fromUser
            opacity: actions.shown ? 1 : 0
            text: actions.statistics
            color: Theme.faint
            font.pixelSize: Theme.captionSize
            horizontalAlignment: Text.AlignRight
            elide: Text.ElideRight
            Layout.fillWidth: true
            Layout.minimumWidth: 0
        }
    }

    Timer {
        id: copiedTimer
        interval: 1500
        onTriggered: actions.copied = false
    }
}
