pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Sotto.App

/// The chat template as code: line numbers, colours, the line that is to blame, and below the text what is wrong with it.
Rectangle {
    id: editor

    required property PromptViewModel prompt
    /// Where each line begins.
    property list<int> lineStarts: [0]
    /// What the prompt's text was when it was put into the field: the field's own may have other line ends.
    property string known: ""
    property bool loading: false
    /// Laying out more would hold up the window.
    readonly property int most: 200000
    readonly property bool tooLong: prompt.templateText.length > most
    readonly property int errorLine: Math.min(prompt.errorLine, lineStarts.length)
    readonly property int rowHeight: Math.max(1, Math.ceil(metrics.height))

    function load() {
        if (prompt.templateText === known)
            return
        known = prompt.templateText
        loading = true
        area.text = tooLong ? known.slice(0, most) : known
        loading = false
    }

    function findLines() {
        const starts = [0]
        const text = area.text
        for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1))
            starts.push(at + 1)
        lineStarts = starts
    }

    /// The line, from 0, that a place in the text is on.
    function lineOf(position: int): int {
        let low = 0
        let high = lineStarts.length - 1
        while (low < high) {
            const middle = (low + high + 1) >> 1
            if (lineStarts[middle] <= position)
                low = middle
            else
                high = middle - 1
        }
        return low
    }

    function yOf(line: int): real {
        return area.positionToRectangle(lineStarts[Math.min(line, lineStarts.length - 1)]).y
    }

    /// Shows a line, from 1, and puts the cursor there.
    function goTo(line: int) {
        area.cursorPosition = lineStarts[Math.max(0, Math.min(line, lineStarts.length) - 1)]
        area.forceActiveFocus()
    }

    implicitHeight: Theme.px(260)
    radius: Theme.radius
    color: Theme.code
    border.width: area.activeFocus ? 2 : 1
    border.color: area.activeFocus ? Theme.accent : Theme.line
    Component.onCompleted: load()

    Connections {
        target: editor.prompt

        function onChanged() {
            editor.load()
        }
    }
    FontMetrics {
        id: metrics
        font: area.font
    }
    JinjaHighlighter {
        textDocument: area.textDocument
        palette: Theme.codePalette
    }

    Item {
        id: gutter
        readonly property int firstLine: editor.lineOf(area.positionAt(0, flick.contentY + 1))

        anchors.left: parent.left
        anchors.top: parent.top
        anchors.bottom: fault.top
        anchors.margins: 2
        width: Math.ceil(metrics.advanceWidth("0") * Math.max(2, String(editor.lineStarts.length).length)) + Theme.px(16)
        clip: true

        Repeater {
            model: Math.ceil(flick.height / editor.rowHeight) + 1
            delegate: Text {
                required property int index
                readonly property int line: gutter.firstLine + index

                visible: line < editor.lineStarts.length
                y: visible ? editor.yOf(line) - flick.contentY : 0
                width: gutter.width - Theme.px(8)
                text: line + 1
                horizontalAlignment: Text.AlignRight
                font: area.font
                color: line + 1 === editor.errorLine ? Theme.warn : Theme.faint
                Accessible.ignored: true
            }
        }
    }
    Flickable {
        id: flick
        anchors.left: gutter.right
        anchors.right: parent.right
        anchors.top: parent.top
        anchors.bottom: fault.top
        anchors.margins: 2
        boundsBehavior: Flickable.StopAtBounds
        clip: true

        TextArea.flickable: TextArea {
            id: area
            wrapMode: TextArea.NoWrap
            textFormat: TextEdit.PlainText
            font.family: Theme.monoFamily
            font.pixelSize: Theme.captionSize
            color: Theme.text
            selectionColor: Theme.accent
            selectedTextColor: Theme.inkOnAccent
            selectByMouse: true
            readOnly: !editor.prompt.available || editor.tooLong
            padding: Theme.px(6)
            leftPadding: Theme.px(4)
            background: Item {
                Rectangle {
                    visible: editor.errorLine > 0
                    y: visible ? editor.yOf(editor.errorLine - 1) - flick.contentY : 0
                    width: parent.width
                    height: editor.rowHeight
                    color: Theme.warnSoft
                }
            }
            onTextChanged: {
                editor.findLines()
                if (editor.loading)
                    return
                editor.known = text
                editor.prompt.templateText = text
            }
            Accessible.name: qsTr("Chat template")
            Accessible.description: editor.prompt.error
            Accessible.role: Accessible.EditableText
            Accessible.multiLine: true
            Keys.onTabPressed: nextItemInFocusChain(true).forceActiveFocus(Qt.TabFocusReason)
            Keys.onBacktabPressed: nextItemInFocusChain(false).forceActiveFocus(Qt.BacktabFocusReason)
        }
        ScrollBar.vertical: ThinScrollBar {}
        ScrollBar.horizontal: ThinScrollBar {}
    }
    // Below the text, in room of its own: under its line it would cover the next one.
    Rectangle {
        id: fault
        visible: editor.errorLine > 0 && editor.prompt.error !== ""
        anchors.left: parent.left
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        anchors.margins: 2
        height: visible ? words.implicitHeight + Theme.px(8) : 0
        color: Theme.warnSoft
        radius: editor.radius - 2

        Words {
            id: words
            anchors.verticalCenter: parent.verticalCenter
            x: Theme.px(8)
            width: parent.width - Theme.px(16)
            text: (editor.prompt.templateBroken ? qsTr("Line %1: %2. Replies fail until this is mended.") : qsTr("Line %1: %2"))
                .arg(editor.errorLine).arg(editor.prompt.error)
            color: Theme.warn
            font.pixelSize: Theme.captionSize
            wrapMode: Text.Wrap
            elide: Text.ElideRight
            maximumLineCount: 5
            Accessible.role: Accessible.AlertMessage
        }
        HoverHandler {
            cursorShape: Qt.PointingHandCursor
        }
        TapHandler {
            onTapped: editor.goTo(editor.errorLine)
        }
    }
}
