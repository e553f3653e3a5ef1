pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Sotto.App

/// What the model would be given, run by run: control tokens, the template's words and people's told apart, ids below.
Rectangle {
    id: preview

    required property PromptViewModel prompt

    function escaped(text: string): string {
        return text.replace(/\0/g, "\uFFFD").replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")
            .replace(/\n/g, `<span style="color:${Theme.faint}">↵</span>\n`)
    }

    function richText(parts: var): string {
        const look = {
            control: `color:${Theme.accent}; background-color:${Theme.soft}; font-weight:600`,
            template: `color:${Theme.dim}`,
            person: `color:${Theme.text}; background-color:${Theme.dark ? Theme.line : Theme.user}`
        }
        const spans = Array.from(parts).map(part => `<span style="${look[part.author]}">${escaped(part.text)}</span>`)
        return `<div style="white-space:pre-wrap">${spans.join("")}</div>`
    }

    implicitHeight: Theme.px(300)
    radius: Theme.radius
    color: Theme.card
    border.width: list.activeFocus ? 2 : 1
    border.color: list.activeFocus ? Theme.accent : Theme.line

    ListView {
        id: list
        anchors.fill: parent
        anchors.margins: 2
        topMargin: Theme.px(8)
        bottomMargin: Theme.px(8)
        spacing: Theme.px(6)
        model: preview.prompt.runs
        clip: true
        activeFocusOnTab: true
        reuseItems: true
        boundsBehavior: Flickable.StopAtBounds
        Accessible.role: Accessible.List
        Accessible.name: qsTr("Preview")
        Keys.onUpPressed: flick(0, 600)
        Keys.onDownPressed: flick(0, -600)

        delegate: Column {
            id: row

            required property var parts
            required property string plainText
            required property string ids
            required property int idCount

            x: Theme.px(10)
            width: list.width - Theme.px(20)
            spacing: 1
            Accessible.role: Accessible.ListItem
            Accessible.name: row.plainText
            Accessible.description: row.ids

            Text {
                width: parent.width
                text: preview.richText(row.parts)
                textFormat: Text.RichText
                wrapMode: Text.WrapAtWordBoundaryOrAnywhere
                font.family: Theme.monoFamily
                font.pixelSize: Theme.captionSize
                color: Theme.text
                Accessible.ignored: true
            }
            Text {
                width: parent.width
                text: row.ids
                textFormat: Text.PlainText
                wrapMode: Text.Wrap
                font.family: Theme.monoFamily
                font.pixelSize: Theme.px(11)
                color: Theme.faint
                Accessible.ignored: true
            }
        }
        ScrollBar.vertical: ThinScrollBar {}
    }
    Words {
        anchors.centerIn: parent
        width: parent.width - Theme.px(40)
        visible: list.count === 0
        text: !preview.prompt.available ? qsTr("No model is loaded.")
            : preview.prompt.error !== "" ? qsTr("There is no prompt until the template works.") : qsTr("Rendering…")
        color: Theme.faint
        font.pixelSize: Theme.smallSize
        horizontalAlignment: Text.AlignHCenter
        wrapMode: Text.Wrap
    }
}
