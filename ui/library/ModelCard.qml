pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// A model of the catalogue: what it is good for, whether it runs here, and the one next step.
Rectangle {
    id: card

    required property int index
    required property string title
    required property string summary
    required property string licence
    required property string size
    required property var choices
    required property int best
    required property bool recommended
    required property string modelState
    required property string problem
    /// The choice that the card speaks of; the best one unless the person took another.
    property int chosen: best >= 0 ? best : 0
    readonly property var choice: choices.length > 0 ? choices[Math.min(Math.max(chosen, 0), choices.length - 1)] : null
    readonly property bool installed: choice !== null && choice.state === "installed"
    readonly property bool downloading: choice !== null && choice.state === "downloading"
    /// Why nothing can be fetched now; empty: it can.
    property string blocked: ""

    signal downloadRequested(int choice)
    signal chatRequested
    /// The person looks at the choices: their true sizes are wanted.
    signal lookRequested
    signal examineRequested(int choice)
    signal showRequested

    implicitHeight: column.implicitHeight + Theme.px(36)
    radius: Theme.radius
    color: Theme.card
    border.width: 1
    border.color: recommended ? Theme.accent : Theme.line

    Accessible.role: Accessible.Grouping
    Accessible.name: title
    Accessible.description: summary

    ColumnLayout {
        id: column
        anchors.fill: parent
        anchors.margins: Theme.px(18)
        spacing: 0

        Item {
            implicitHeight: name.implicitHeight
            Layout.fillWidth: true

            Words {
                id: name
                anchors.left: parent.left
                width: Math.min(implicitWidth, parent.width - (mark.visible ? mark.implicitWidth + Theme.px(8) : 0))
                text: card.title
                font.pixelSize: Theme.px(16)
                font.weight: Font.DemiBold
                elide: Text.ElideRight
                Accessible.ignored: true
            }
            Words {
                id: mark
                anchors.right: parent.right
                anchors.baseline: name.baseline
                visible: card.recommended
                text: qsTr("Recommended")
                color: Theme.accent
                font.pixelSize: Theme.captionSize
                font.weight: Font.DemiBold
            }
        }
        Words {
            text: card.summary
            color: Theme.dim
            font.pixelSize: Theme.smallSize
            lineHeight: 1.35
            wrapMode: Text.Wrap
            maximumLineCount: 6
            elide: Text.ElideRight
            Layout.fillWidth: true
            Layout.topMargin: Theme.px(6)
            Accessible.ignored: true
        }
        Words {
            text: card.choice === null ? card.licence
                : [card.licence, card.choice.label, card.choice.bytesText].filter(part => part).join(" · ")
            color: Theme.dim
            font.pixelSize: Theme.smallSize
            lineHeight: 1.35
            wrapMode: Text.Wrap
            Layout.fillWidth: true
        }
        Item { Layout.fillHeight: true }
        VerdictLine {
            visible: card.choice !== null
            verdict: card.choice === null ? "unknown" : card.choice.verdict
            words: card.choice === null ? "" : card.choice.problem || card.choice.verdictText
            Layout.fillWidth: true
            Layout.topMargin: Theme.px(12)
        }
        Words {
            visible: card.problem !== ""
            text: card.problem
            color: Theme.warn
            font.pixelSize: Theme.smallSize
            lineHeight: 1.25
            wrapMode: Text.Wrap
            Layout.fillWidth: true
            Layout.topMargin: Theme.px(8)
            Accessible.role: Accessible.AlertMessage
        }
        RowLayout {
            spacing: 8
            Layout.topMargin: Theme.px(14)

            PushButton {
                text: card.installed ? qsTr("Chat") : card.downloading ? qsTr("Downloading…") : card.problem !== "" ? qsTr("Try again") : qsTr("Download")
                look: card.installed ? PushButton.Primary : PushButton.Outlined
                enabled: card.choice !== null && (card.installed || card.downloading || (card.blocked === "" && !card.choice.problem))
                hint: card.installed || card.downloading ? "" : card.blocked
                Accessible.name: card.problem !== "" && !card.installed && !card.downloading ? qsTr("Download") : text
                Accessible.description: card.title
                onClicked: {
                    if (card.installed)
                        card.chatRequested()
                    else if (card.downloading)
                        card.showRequested()
                    else
                        card.downloadRequested(Math.max(card.chosen, 0))
                }
            }
            Item { Layout.fillWidth: true }
            TextAction {
                id: other
                visible: card.choices.length > 1
                text: card.choice === null ? "" : card.choice.label
                hint: qsTr("Other precisions of %1").arg(card.title)
                rightPadding: Theme.px(22)
                Accessible.name: hint
                Accessible.role: Accessible.ButtonMenu
                onClicked: {
                    card.lookRequested()
                    menu.popup(other, 0, other.height + 4)
                }

                Icon {
                    anchors.right: parent.right
                    anchors.rightMargin: Theme.px(6)
                    anchors.verticalCenter: parent.verticalCenter
                    source: Theme.icon("chevron-down")
                    size: Theme.px(13)
                }
            }
        }
    }

    ActionMenu {
        id: menu
        implicitWidth: Theme.px(260)

        Instantiator {
            model: card.choices
            delegate: ActionMenuItem {
                required property int index
                required property var modelData

                text: [modelData.label, modelData.bytesText, index === card.best ? qsTr("best here") : ""].filter(part => part).join(" · ")
                iconName: index === card.chosen ? "check" : ""
                onTriggered: {
                    card.chosen = index
                    card.examineRequested(index)
                }
            }
            onObjectAdded: (index, object) => menu.insertItem(index, object)
            onObjectRemoved: (index, object) => menu.removeItem(object)
        }
    }
}
