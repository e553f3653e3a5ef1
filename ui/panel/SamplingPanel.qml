pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// The right column: how replies are drawn. Everything applies at once, also to the reply that is being written.
FocusScope {
    id: panel

    required property SamplingViewModel sampling

    signal closeRequested

    implicitWidth: Theme.panelWidth

    Rectangle {
        anchors.fill: parent
        color: Theme.panel
    }
    Rectangle {
        width: 1
        height: parent.height
        color: Theme.line
    }

    ColumnLayout {
        anchors.fill: parent
        anchors.leftMargin: 1
        spacing: 0

        RowLayout {
            Layout.fillWidth: true
            Layout.preferredHeight: Theme.px(56)
            Layout.leftMargin: Theme.px(20)
            Layout.rightMargin: Theme.px(12)

            Words {
                text: qsTr("Sampling")
                font.pixelSize: Theme.px(14)
                font.weight: Font.DemiBold
                Layout.fillWidth: true
                Accessible.role: Accessible.Heading
            }
            TextAction {
                text: qsTr("Reset all")
                iconName: "reset"
                hint: qsTr("Back to what the model brings")
                onClicked: panel.sampling.resetAll()
            }
            IconButton {
                extent: Theme.px(28)
                iconExtent: Theme.px(16)
                iconName: "close"
                label: qsTr("Hide the sampling panel")
                onClicked: panel.closeRequested()
            }
        }
        Rectangle {
            color: Theme.line
            Layout.fillWidth: true
            Layout.preferredHeight: 1
        }

        Flickable {
            id: flick
            Layout.fillWidth: true
            Layout.fillHeight: true
            contentWidth: width
            contentHeight: column.implicitHeight + Theme.px(32)
            boundsBehavior: Flickable.StopAtBounds
            clip: true

            ColumnLayout {
                id: column
                x: Theme.px(20)
                y: Theme.px(16)
                width: flick.width - Theme.px(40)
                spacing: Theme.px(10)

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
                    text: qsTr("Changes apply at once, also to a reply that is being written.")
                    color: Theme.faint
                    font.pixelSize: Theme.captionSize
                    wrapMode: Text.Wrap
                    lineHeight: 1.3
                    Layout.fillWidth: true
                }
            }
            ScrollBar.vertical: ThinScrollBar {}
        }
    }
}
