pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// What a new chat shows: a greeting, three prompts to begin with, and with the demo model what it is and how to get a real one.
Flickable {
    id: empty

    required property AppRoot app
    readonly property ModelRunner runner: app.runner
    readonly property bool awake: runner.state === ModelRunner.Ready || runner.state === ModelRunner.Resting
    readonly property bool demo: runner.state === ModelRunner.Ready && runner.isDemo
    readonly property bool roomy: width > Theme.px(560)
    readonly property list<string> prompts: !awake || runner.isDemo
        ? [qsTr("What is Sotto?"), qsTr("How do I get a real model?"), qsTr("What does temperature do?")]
        : [qsTr("Explain recursion with an everyday example."), qsTr("Write a polite reminder to a colleague."),
           qsTr("Compare two ways to sort a list in a table.")]

    signal promptChosen(string prompt)
    signal openFolderRequested
    signal modelsRequested

    contentWidth: width
    contentHeight: Math.max(height, column.implicitHeight + Theme.px(48))
    boundsBehavior: Flickable.StopAtBounds
    clip: true

    ColumnLayout {
        id: column
        width: Math.min(empty.width - Theme.px(48), Theme.px(640))
        x: (empty.width - width) / 2
        y: Math.max(Theme.px(24), (empty.contentHeight - implicitHeight) * 0.45)
        spacing: 8

        Words {
            text: qsTr("What shall we talk about?")
            font.pixelSize: Theme.px(26)
            font.weight: Font.DemiBold
            wrapMode: Text.Wrap
            Layout.fillWidth: true
            Accessible.role: Accessible.Heading
        }
        Words {
            text: empty.runner.textGoesTo === "" ? qsTr("Everything you write is answered on this computer and stays on it.")
                                                 : empty.runner.deviceReason
            color: empty.runner.textGoesTo === "" ? Theme.dim : Theme.warn
            wrapMode: Text.Wrap
            lineHeight: 1.3
            Layout.fillWidth: true
        }

        GridLayout {
            columns: empty.roomy ? 3 : 1
            columnSpacing: 8
            rowSpacing: 8
            Layout.fillWidth: true
            Layout.topMargin: Theme.px(16)

            // Three cards whose words change: a layout of Qt 6.4 still touches items that a Repeater has destroyed.
            Repeater {
                model: 3
                delegate: PromptCard {
                    required property int index

                    text: empty.prompts[index]
                    enabled: empty.awake
                    Layout.fillWidth: true
                    Layout.fillHeight: true
                    Layout.preferredWidth: 1
                    onClicked: empty.promptChosen(text)
                }
            }
        }

        DemoCard {
            app: empty.app
            visible: empty.demo
            Layout.fillWidth: true
            Layout.topMargin: Theme.px(16)
            onOpenFolderRequested: empty.openFolderRequested()
            onModelsRequested: empty.modelsRequested()
        }
    }
}
