pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// The right column, in tabs: how replies are drawn, and what the model is given.
FocusScope {
    id: panel

    required property AppRoot app
    /// "sampling" or "prompt".
    property string tab: "sampling"

    signal closeRequested

    implicitWidth: Theme.panelWidth
    onTabChanged: bar.currentIndex = tab === "prompt" ? 1 : 0
    Component.onCompleted: bar.currentIndex = tab === "prompt" ? 1 : 0

    Rectangle {
        anchors.fill: parent
        color: Theme.panel
    }
    Rectangle {
        width: 1
        height: parent.height
        color: Theme.line
    }
    Binding {
        target: panel.app.prompt
        property: "active"
        value: panel.visible && panel.tab === "prompt"
    }

    ColumnLayout {
        anchors.fill: parent
        anchors.leftMargin: 1
        spacing: 0

        RowLayout {
            Layout.fillWidth: true
            Layout.preferredHeight: Theme.px(56)
            Layout.leftMargin: Theme.px(10)
            Layout.rightMargin: Theme.px(12)
            spacing: 0

            TabBar {
                id: bar
                padding: 0
                spacing: 0
                background: null
                Layout.fillWidth: true
                Accessible.name: qsTr("Panel")
                onCurrentIndexChanged: panel.tab = currentIndex === 1 ? "prompt" : "sampling"

                PanelTab { text: qsTr("Sampling") }
                PanelTab { text: qsTr("Prompt") }
            }
            IconButton {
                extent: Theme.px(28)
                iconExtent: Theme.px(16)
                iconName: "close"
                label: qsTr("Hide the panel")
                onClicked: panel.closeRequested()
            }
        }
        Rectangle {
            color: Theme.line
            Layout.fillWidth: true
            Layout.preferredHeight: 1
        }
        Item {
            Layout.fillWidth: true
            Layout.fillHeight: true

            SamplingPanel {
                anchors.fill: parent
                visible: panel.tab === "sampling"
                sampling: panel.app.sampling
            }
            PromptPanel {
                anchors.fill: parent
                visible: panel.tab === "prompt"
                prompt: panel.app.prompt
            }
        }
    }
}
