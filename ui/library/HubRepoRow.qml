pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// A repository that a search found; opened, the ways to have its model, each with whether it runs here.
Item {
    id: row

    required property int index
    required property string repo
    required property string title
    required property string author
    required property string licence
    required property double downloads
    required property bool gated
    required property url page
    required property bool looked
    required property bool looking
    required property var choices
    required property int best
    required property string problem
    required property bool hasToken
    property bool open: false

    signal lookRequested
    signal getRequested(int choice)
    signal tokenRequested

    function toggle() {
        open = !open
        if (open && !looked && !looking)
            lookRequested()
    }

    implicitHeight: column.implicitHeight + 1

    Column {
        id: column
        width: parent.width

        PushButton {
            id: head
            width: parent.width
            implicitHeight: Theme.px(44)
            look: PushButton.Quiet
            leftPadding: 0
            rightPadding: 0
            Accessible.name: row.repo
            Accessible.description: row.open ? qsTr("Open") : qsTr("Closed")
            onClicked: row.toggle()
            background: Rectangle {
                anchors.fill: parent
                anchors.leftMargin: -Theme.px(8)
                anchors.rightMargin: -Theme.px(8)
                radius: 6
                color: head.hovered ? Theme.hover : "transparent"

                FocusRing { anchors.margins: 1; shown: head.visualFocus }
            }
            contentItem: RowLayout {
                spacing: Theme.px(10)

                Icon {
                    source: Theme.icon(row.open ? "chevron-down" : "chevron-right")
                    size: Theme.px(14)
                }
                Words {
                    text: row.title
                    font.pixelSize: Theme.px(14)
                    font.weight: Font.DemiBold
                    elide: Text.ElideMiddle
                    Layout.fillWidth: true
                    Layout.maximumWidth: Math.ceil(implicitWidth)
                    Accessible.ignored: true
                }
                Words {
                    text: row.author
                    color: Theme.faint
                    font.pixelSize: Theme.px(14)
                    elide: Text.ElideRight
                    Layout.fillWidth: true
                    Accessible.ignored: true
                }
                Words {
                    visible: row.gated
                    text: qsTr("terms to accept")
                    color: Theme.warn
                    font.pixelSize: Theme.captionSize
                    Accessible.ignored: true
                }
                Words {
                    visible: text !== ""
                    text: row.licence
                    color: Theme.dim
                    font.pixelSize: Theme.captionSize
                    Accessible.ignored: true
                }
                Words {
                    visible: row.downloads >= 0
                    text: qsTr("%1 downloads").arg(Theme.count(row.downloads))
                    color: Theme.dim
                    font.pixelSize: Theme.captionSize
                    Accessible.ignored: true
                }
            }
        }
        Column {
            visible: row.open
            x: Theme.px(24)
            width: parent.width - x
            spacing: Theme.px(6)
            bottomPadding: Theme.px(14)

            Words {
                visible: row.looking
                text: qsTr("Reading its list of files…")
                color: Theme.dim
                font.pixelSize: Theme.smallSize
            }
            Words {
                visible: row.problem !== ""
                width: parent.width
                text: row.problem
                color: Theme.warn
                font.pixelSize: Theme.smallSize
                lineHeight: 1.3
                wrapMode: Text.Wrap
                Accessible.role: Accessible.AlertMessage
            }
            Words {
                visible: row.gated
                width: parent.width
                text: row.hasToken ? qsTr("Its makers ask you to accept their terms on the hub's page first.")
                                   : qsTr("Its makers ask you to accept their terms on the hub's page, and the hub then wants to know you by a token.")
                color: Theme.dim
                font.pixelSize: Theme.smallSize
                lineHeight: 1.3
                wrapMode: Text.Wrap
            }
            Flow {
                width: parent.width
                spacing: 8
                visible: row.gated || row.problem !== ""

                PushButton {
                    visible: row.problem !== "" && !row.looked
                    text: qsTr("Try again")
                    Accessible.description: row.repo
                    onClicked: row.lookRequested()
                }
                PushButton {
                    visible: row.gated
                    text: qsTr("Open its page")
                    hint: row.page
                    onClicked: Qt.openUrlExternally(row.page)
                }
                PushButton {
                    visible: row.gated && !row.hasToken
                    text: qsTr("Add a token…")
                    onClicked: row.tokenRequested()
                }
            }
            Repeater {
                model: row.open ? row.choices : []
                delegate: RowLayout {
                    id: line

                    required property int index
                    required property var modelData

                    width: parent.width
                    spacing: Theme.px(14)

                    Words {
                        text: line.modelData.label
                        font.pixelSize: Theme.smallSize
                        font.weight: line.index === row.best ? Font.DemiBold : Font.Normal
                        elide: Text.ElideRight
                        Layout.preferredWidth: Theme.px(112)
                    }
                    Words {
                        text: line.modelData.bytesText
                        color: Theme.dim
                        font.pixelSize: Theme.smallSize
                        Layout.preferredWidth: Theme.px(88)
                    }
                    VerdictLine {
                        verdict: line.modelData.verdict
                        words: line.modelData.problem || line.modelData.verdictText
                        Layout.fillWidth: true
                    }
                    PushButton {
                        text: line.modelData.state === "installed" ? qsTr("Installed")
                            : line.modelData.state === "downloading" ? qsTr("Downloading…") : qsTr("Download")
                        implicitHeight: Theme.px(30)
                        enabled: line.modelData.state === "available" && !line.modelData.problem
                        Accessible.description: row.repo + " " + line.modelData.label
                        onClicked: row.getRequested(line.index)
                    }
                }
            }
        }
    }
    Rectangle {
        anchors.bottom: parent.bottom
        width: parent.width
        height: 1
        color: Theme.line
    }
}
