pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// How replies are drawn. Everything applies at once, also to the reply that is being written.
Flickable {
    id: panel

    required property SamplingViewModel sampling

    contentWidth: width
    contentHeight: column.implicitHeight + Theme.px(32)
    boundsBehavior: Flickable.StopAtBounds
    clip: true
    ScrollBar.vertical: ThinScrollBar {}

    ColumnLayout {
        id: column
        x: Theme.px(20)
        y: Theme.px(16)
        width: panel.width - Theme.px(40)
        spacing: Theme.px(10)

        Flow {
            spacing: Theme.px(6)
            Accessible.role: Accessible.Grouping
            Accessible.name: qsTr("Scope")
            Layout.fillWidth: true
            Layout.bottomMargin: Theme.px(8)

            Chip {
                text: qsTr("Everywhere")
                hint: qsTr("What is chosen here holds for all models that have nothing of their own.")
                checked: panel.sampling.scope === SamplingViewModel.Everywhere
                onClicked: panel.sampling.scope = SamplingViewModel.Everywhere
            }
            Chip {
                text: qsTr("This model")
                hint: qsTr("What is chosen here holds for all chats with %1.").arg(panel.sampling.modelName)
                enabled: panel.sampling.modelName !== ""
                checked: panel.sampling.scope === SamplingViewModel.Model
                onClicked: panel.sampling.scope = SamplingViewModel.Model
            }
        }
        PanelNote {
            visible: panel.sampling.scope === SamplingViewModel.Everywhere && panel.sampling.modelDiffers
            text: qsTr("The loaded model has settings of its own and keeps them.")
        }
        PresetChips {
            sampling: panel.sampling
            Layout.fillWidth: true
            Layout.bottomMargin: Theme.px(4)
        }
        Column {
            spacing: column.spacing
            Layout.fillWidth: true

            Repeater {
                model: panel.sampling
                delegate: SettingSlider {
                    width: column.width
                    onValueChosen: (number) => panel.sampling.setValue(index, number)
                    onResetRequested: panel.sampling.reset(index)
                }
            }
        }
        Words {
            text: panel.sampling.modelIsRemote
                ? qsTr("Changes hold from the next reply on. What is not changed, the server decides. Top-k, min-p and repetition penalty are not part of the protocol: a server that does not take them is asked without them, and Sotto says so.")
                : qsTr("Changes apply at once, also to a reply that is being written.")
            color: Theme.faint
            font.pixelSize: Theme.captionSize
            wrapMode: Text.Wrap
            lineHeight: 1.3
            Layout.fillWidth: true
        }
        TextAction {
            text: qsTr("Reset all")
            iconName: "reset"
            hint: panel.sampling.modelIsRemote ? qsTr("Back to what the server decides") : qsTr("Back to what the model brings")
            Layout.leftMargin: -leftPadding
            onClicked: panel.sampling.resetAll()
        }
    }
}
