import QtQuick
import QtQuick.Layouts
import Sotto.App

/// A model that was chosen to be imported: used where it lies, or copied in, as it is or smaller.
Rectangle {
    id: card

    required property ModelLibrary library
    required property Machine machine
    readonly property var candidate: library.candidate

    /// One way to import it, and how fast it will then write here.
    component Choice: ColumnLayout {
        id: choice

        required property string how
        required property string text
        property string hint: ""
        property int look: PushButton.Outlined
        property real activeBytes: 0

        spacing: Theme.px(4)

        PushButton {
            text: choice.text
            hint: choice.hint
            look: choice.look
            Layout.fillWidth: true
            onClicked: card.library.importCandidate(choice.how)
        }
        Words {
            // `sentence` changes when the memory was measured
            text: card.machine.sentence === "" ? "" : card.machine.speedText(choice.activeBytes, card.candidate.kvBytes ?? 0)
            visible: text !== ""
            color: Theme.faint
            font.pixelSize: Theme.captionSize
            horizontalAlignment: Text.AlignHCenter
            Layout.fillWidth: true
        }
    }

    visible: candidate.name !== undefined
    implicitHeight: column.implicitHeight + Theme.px(36)
    radius: Theme.radius
    color: Theme.card
    border.width: 1
    border.color: Theme.line
    Accessible.role: Accessible.Grouping
    Accessible.name: qsTr("Import")

    ColumnLayout {
        id: column
        anchors.fill: parent
        anchors.margins: Theme.px(18)
        spacing: Theme.px(6)

        Words {
            text: card.candidate.name ?? ""
            font.pixelSize: Theme.px(16)
            font.weight: Font.DemiBold
            elide: Text.ElideMiddle
            Layout.fillWidth: true
        }
        Words {
            text: card.candidate.looking ? qsTr("Looking at its files…") : card.candidate.problem || card.candidate.detail || ""
            color: card.candidate.problem ? Theme.warn : Theme.dim
            font.pixelSize: Theme.smallSize
            lineHeight: 1.3
            wrapMode: Text.Wrap
            Layout.fillWidth: true
        }
        Words {
            text: card.candidate.path ?? ""
            color: Theme.faint
            font.pixelSize: Theme.captionSize
            elide: Text.ElideMiddle
            Layout.fillWidth: true
        }
        Flow {
            spacing: 8
            Layout.fillWidth: true
            Layout.topMargin: Theme.px(8)

            Choice {
                visible: card.candidate.usable ?? false
                how: "place"
                text: qsTr("Use where it lies")
                look: PushButton.Primary
                hint: qsTr("Nothing is copied")
                activeBytes: card.candidate.activeBytes ?? 0
            }
            Choice {
                visible: card.candidate.usable ?? false
                how: "copy"
                text: qsTr("Copy in · %1").arg(card.candidate.sizeText ?? "")
                hint: qsTr("A copy in the models folder, as it is")
                activeBytes: card.candidate.activeBytes ?? 0
            }
            Choice {
                visible: (card.candidate.usable ?? false) && (card.candidate.eightText ?? "") !== ""
                how: "8"
                text: qsTr("8-bit copy · about %1").arg(card.candidate.eightText ?? "")
                hint: qsTr("Answers as the original does, in about half the memory")
                activeBytes: card.candidate.eightActiveBytes ?? 0
            }
            Choice {
                visible: (card.candidate.usable ?? false) && (card.candidate.fourText ?? "") !== ""
                how: "4"
                text: qsTr("4-bit copy · about %1").arg(card.candidate.fourText ?? "")
                hint: qsTr("The smallest and fastest; answers are a little worse")
                activeBytes: card.candidate.fourActiveBytes ?? 0
            }
            PushButton {
                text: qsTr("Cancel")
                onClicked: card.library.importCandidate("")
            }
        }
    }
}
