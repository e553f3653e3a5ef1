pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// Code with its language; can be copied, and wrapped where its lines are too long.
Rectangle {
    id: block

    required property string code
    required property string highlighted
    required property string language
    readonly property string languageName: language === "" ? qsTr("Code") : ({
        c: "C", cpp: "C++", "c++": "C++", cs: "C#", css: "CSS", go: "Go", html: "HTML", java: "Java", javascript: "JavaScript",
        js: "JavaScript", json: "JSON", py: "Python", python: "Python", qml: "QML", rs: "Rust", rust: "Rust", sql: "SQL",
        ts: "TypeScript", typescript: "TypeScript", xml: "XML", yaml: "YAML"
    })[language.toLowerCase()] ?? language
    property bool wrapped: false
    property bool copied: false

    implicitHeight: head.height + flick.height + 1
    radius: Theme.radius
    color: Theme.code
    border.width: 1
    border.color: Theme.line

    Accessible.role: Accessible.Grouping
    Accessible.name: language === "" ? qsTr("Code") : qsTr("Code, %1").arg(languageName)

    RowLayout {
        id: head
        x: Theme.px(14)
        width: parent.width - Theme.px(22)
        height: Theme.px(34)
        spacing: 2

        Words {
            text: block.languageName
            color: Theme.dim
            font.pixelSize: Theme.captionSize
            elide: Text.ElideRight
            Layout.fillWidth: true
            Accessible.ignored: true
        }
        TextAction {
            text: block.copied ? qsTr("Copied") : qsTr("Copy")
            iconName: block.copied ? "check" : "copy"
            Accessible.name: qsTr("Copy code")
            onClicked: {
                clipboard.put(block.code)
                block.copied = true
                copiedTimer.restart()
            }
        }
        TextAction {
            text: qsTr("Wrap")
            iconName: "wrap"
            visible: block.wrapped || words.implicitWidth > flick.width
            checked: block.wrapped
            Accessible.name: qsTr("Wrap lines")
            onClicked: block.wrapped = !block.wrapped
        }
    }
    Rectangle {
        y: head.height
        width: parent.width
        height: 1
        color: Theme.line
    }
    Flickable {
        id: flick
        x: 1
        y: head.height + 1
        width: parent.width - 2
        height: words.implicitHeight + Theme.px(24) + (overflowing ? Theme.px(6) : 0)
        readonly property bool overflowing: contentWidth > width
        contentWidth: block.wrapped ? width : Math.max(width, words.implicitWidth + Theme.px(28))
        contentHeight: height
        flickableDirection: Flickable.HorizontalFlick
        boundsBehavior: Flickable.StopAtBounds
        clip: true

        ProseText {
            id: words
            x: Theme.px(14)
            y: Theme.px(12)
            width: block.wrapped ? flick.width - Theme.px(28) : Math.max(implicitWidth, flick.width - Theme.px(28))
            wrapMode: block.wrapped ? TextEdit.Wrap : TextEdit.NoWrap
            text: Theme.codeText(block.highlighted, block.wrapped)
            font.family: Theme.monoFamily
            font.pixelSize: Theme.codeSize
        }
        ScrollBar.horizontal: ThinScrollBar {
            policy: flick.overflowing ? ScrollBar.AlwaysOn : ScrollBar.AlwaysOff
        }
    }

    Timer {
        id: copiedTimer
        interval: 1500
        onTriggered: block.copied = false
    }
    Clipboard { id: clipboard }
}
