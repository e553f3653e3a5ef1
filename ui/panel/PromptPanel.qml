pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Sotto.App

/// What every prompt is made with: system prompt and chat template, and the prompt itself as the model is given it.
Flickable {
    id: panel

    required property PromptViewModel prompt

    contentWidth: width
    contentHeight: column.implicitHeight + Theme.px(32)
    boundsBehavior: Flickable.StopAtBounds
    clip: true
    ScrollBar.vertical: ThinScrollBar {}

    /// Brings what has the keyboard into sight.
    function follow(item: Item) {
        const top = item.mapToItem(column, 0, 0).y + column.y
        if (top < contentY)
            contentY = Math.max(0, top - Theme.px(16))
        else if (top + item.height > contentY + height)
            contentY = Math.max(0, Math.min(top - Theme.px(16), top + item.height - height + Theme.px(16)))
    }

    ColumnLayout {
        id: column
        x: Theme.px(20)
        y: Theme.px(16)
        width: panel.width - Theme.px(40)
        spacing: Theme.px(8)

        Flow {
            spacing: Theme.px(6)
            Accessible.role: Accessible.Grouping
            Accessible.name: qsTr("Scope")
            Layout.fillWidth: true

            Chip {
                text: qsTr("This chat")
                hint: qsTr("What is written here holds for the open chat.")
                checked: panel.prompt.scope === PromptViewModel.Chat
                onClicked: panel.prompt.scope = PromptViewModel.Chat
            }
            Chip {
                text: qsTr("This model")
                hint: qsTr("What is written here holds for all chats with %1 that have nothing of their own.").arg(panel.prompt.modelName)
                enabled: panel.prompt.available
                checked: panel.prompt.scope === PromptViewModel.Model
                onClicked: panel.prompt.scope = PromptViewModel.Model
            }
        }
        PanelNote {
            visible: panel.prompt.scope === PromptViewModel.Model && panel.prompt.chatDiffers
            text: qsTr("The open chat has something of its own and keeps it; the preview shows that.")
        }
        PanelNote {
            visible: panel.prompt.storeError !== ""
            text: panel.prompt.storeError
            color: Theme.warn
        }

        PanelHeading {
            text: qsTr("System prompt")
            modified: panel.prompt.systemPromptModified
            resetLabel: qsTr("Reset the system prompt")
            onResetRequested: panel.prompt.resetSystemPrompt()
            Layout.topMargin: Theme.px(8)
        }
        TextBox {
            id: system
            label: qsTr("System prompt")
            placeholder: qsTr("Instructions for every reply")
            leastLines: 3
            Layout.fillWidth: true
            area.onTextChanged: if (panel.prompt.systemPrompt !== area.text) panel.prompt.systemPrompt = area.text
            area.onActiveFocusChanged: if (area.activeFocus) panel.follow(system)
            Component.onCompleted: area.text = panel.prompt.systemPrompt

            Connections {
                target: panel.prompt

                function onChanged() {
                    if (system.area.text !== panel.prompt.systemPrompt)
                        system.area.text = panel.prompt.systemPrompt
                }
            }
        }

        PanelHeading {
            visible: panel.prompt.madeElsewhere
            text: qsTr("Chat template")
            resetLabel: ""
            Layout.topMargin: Theme.px(12)
        }
        PanelNote {
            visible: panel.prompt.madeElsewhere
            text: qsTr("The server makes the prompt; its template is not known here. The system prompt goes to it as the first message of the chat.")
            Layout.topMargin: -Theme.px(6)
        }
        PanelHeading {
            visible: !panel.prompt.madeElsewhere
            text: qsTr("Chat template")
            modified: panel.prompt.templateModified
            resetLabel: qsTr("Reset the template")
            resetHint: panel.prompt.scope === PromptViewModel.Chat ? qsTr("Edited. Press to go back to what all chats with the model have.")
                : panel.prompt.templateBuiltIn ? qsTr("Edited. Press to go back to the built-in one.")
                                               : qsTr("Edited. Press to go back to the file's own.")
            onResetRequested: panel.prompt.resetTemplate()
            Layout.topMargin: Theme.px(12)

            TextAction {
                text: qsTr("Built-in")
                iconName: "chevron-down"
                rightPadding: 0
                hint: qsTr("Put a built-in template here")
                enabled: panel.prompt.available
                Accessible.role: Accessible.ButtonMenu
                onClicked: builtIn.popup(this, width - builtIn.width, height + 4)

                ActionMenu {
                    id: builtIn
                    implicitWidth: Theme.px(240)

                    Repeater {
                        model: panel.prompt.builtInNames
                        delegate: ActionMenuItem {
                            required property string modelData

                            text: modelData
                            onTriggered: panel.prompt.useBuiltIn(modelData)
                        }
                    }
                }
            }
        }
        PanelNote {
            visible: panel.prompt.available && !panel.prompt.madeElsewhere
            text: panel.prompt.templateModified ? qsTr("Edited") + " · " + panel.prompt.templateName : panel.prompt.templateName
            Layout.topMargin: -Theme.px(6)
        }
        PanelNote {
            visible: panel.prompt.foreignModel !== ""
            text: qsTr("This chat's own template was written for %1 and is not used with this model.").arg(panel.prompt.foreignModel)
            color: Theme.warn
        }
        PanelNote {
            visible: panel.prompt.templateProblem !== ""
            text: panel.prompt.templateProblem
            color: Theme.warn
        }
        TemplateEditor {
            id: editor
            visible: !panel.prompt.madeElsewhere
            prompt: panel.prompt
            Layout.fillWidth: true
        }
        PanelNote {
            visible: panel.prompt.error !== "" && panel.prompt.errorLine === 0
            text: panel.prompt.error
            color: Theme.warn
            Accessible.role: Accessible.AlertMessage
        }
        PanelNote {
            visible: editor.tooLong && editor.visible
            text: qsTr("This template is too long to be edited here; its beginning is shown.")
        }
        TemplateFindings {
            prompt: panel.prompt
            Layout.fillWidth: true
            onLineRequested: (line) => editor.goTo(line)
        }

        RowLayout {
            visible: !panel.prompt.madeElsewhere
            Layout.topMargin: Theme.px(12)
            spacing: Theme.px(8)

            Words {
                text: qsTr("Preview")
                font.pixelSize: Theme.px(14)
                font.weight: Font.DemiBold
                Layout.fillWidth: true
                Accessible.role: Accessible.Heading
            }
            Words {
                visible: panel.prompt.runs.count > 0
                text: Theme.tokens(panel.prompt.tokenCount)
                color: Theme.dim
                font.pixelSize: Theme.captionSize
            }
        }
        PanelNote {
            visible: panel.prompt.available && panel.prompt.sample && !panel.prompt.madeElsewhere
            text: qsTr("The chat is empty; this is an example.")
            Layout.topMargin: -Theme.px(6)
        }
        PanelNote {
            visible: panel.prompt.omitted > 0
            text: panel.prompt.omitted === 1 ? qsTr("The template leaves 1 message out.")
                                             : qsTr("The template leaves %1 messages out.").arg(Theme.count(panel.prompt.omitted))
            color: Theme.warn
        }
        PromptPreview {
            id: preview
            visible: !panel.prompt.madeElsewhere
            prompt: panel.prompt
            Layout.fillWidth: true
        }
        PanelNote {
            visible: panel.prompt.cut
            text: qsTr("Only the beginning is shown; the whole text has %1 characters.").arg(Theme.count(panel.prompt.characterCount))
        }
    }
}
