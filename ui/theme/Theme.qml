pragma Singleton

import QtQuick

/// Colours, sizes and typefaces of the whole window. Main.qml sets the three inputs; everything else follows from them.
QtObject {
    id: theme

    /// Inputs.
    property bool dark: false
    property real fontScale: 1
    property string sansFamily: firstInstalled(["Inter"], standardFont.font.family)

    readonly property FontMetrics standardFont: FontMetrics {}
    readonly property string monoFamily: firstInstalled(["JetBrains Mono", "Noto Sans Mono", "DejaVu Sans Mono", "Liberation Mono"],
                                                        "monospace")

    // Grounds
    readonly property color bg: dark ? "#191817" : "#FBFAF8"
    readonly property color sidebar: dark ? "#131211" : "#F3F1ED"
    readonly property color panel: dark ? "#161514" : "#F7F5F2"
    readonly property color card: dark ? "#201F1D" : "#FFFFFF"
    readonly property color user: dark ? "#272522" : "#ECE8E1"
    readonly property color code: dark ? "#121110" : "#F4F1EB"
    readonly property color soft: dark ? "#1F2E2A" : "#E3EEEA"
    readonly property color hover: dark ? "#0FFFFFFF" : "#0B000000"
    readonly property color press: dark ? "#1AFFFFFF" : "#16000000"
    readonly property color shade: dark ? "#99000000" : "#4D1F1D1A"

    // Lines and text
    readonly property color line: dark ? "#2E2C29" : "#E4E0D9"
    readonly property color text: dark ? "#ECE9E4" : "#1F1D1A"
    readonly property color dim: dark ? "#A39D93" : "#625D56"
    readonly property color faint: dark ? "#8F897F" : "#736D64"
    readonly property color accent: dark ? "#6FBFAC" : "#2F6F62"
    readonly property color accentHover: dark ? "#82CCBB" : "#285F54"
    readonly property color inkOnAccent: dark ? "#10201C" : "#FFFFFF"
    readonly property color warn: dark ? "#E09A5F" : "#9A5120"
    readonly property color warnSoft: dark ? "#2B221A" : "#F8EDE3"

    // Type, in pixels
    readonly property int bodySize: px(15)
    readonly property int bodyLine: px(24)
    readonly property int smallSize: px(13)
    readonly property int captionSize: px(12)
    readonly property int titleSize: px(22)
    readonly property int codeSize: px(13)
    readonly property int codeLine: px(20)

    // Rhythm
    readonly property int radius: 8
    readonly property int controlHeight: px(36)
    readonly property int iconSize: px(18)
    readonly property int columnWidth: px(760)
    readonly property int sidebarWidth: Math.round(260 * Math.min(fontScale, 1.4))
    readonly property int panelWidth: Math.round(320 * Math.min(fontScale, 1.4))
    readonly property int motion: 120

    function firstInstalled(families: var, otherwise: string): string {
        const installed = Array.from(Qt.fontFamilies())
        return families.find(family => installed.includes(family)) ?? otherwise
    }

    /// A length that grows with the font size.
    function px(length: real): int {
        return Math.round(length * fontScale)
    }

    /// Where an icon of resources/icons lies.
    function icon(name: string): url {
        return "qrc:/sotto/icons/" + name + ".svg"
    }

    /// A number with the separators of the person's language.
    function count(number: real): string {
        return Number(number).toLocaleString(Qt.locale(), "f", 0)
    }

    /// Colours of code by token class.
    readonly property var codePalette: dark
        ? ({ keyword: "#B79CF5", type: "#7FB4E8", string: "#A9C27E", number: "#E0A26F", comment: "#8F897F" })
        : ({ keyword: "#6B3FC6", type: "#225F97", string: "#4B6A1B", number: "#8F4A1D", comment: "#736D64" })

    function tokens(number: real): string {
        return number === 1 ? qsTr("1 token") : qsTr("%1 tokens").arg(count(number))
    }

    readonly property string richTextStyle: `<style>
        a { color: ${accent}; text-decoration: underline; }
        code, tt { font-family: '${monoFamily}'; font-size: ${px(13.5)}px; background-color: ${code}; }
        </style>`

    /// Rich text of a block, which has no fonts or colours of its own, with those of the theme and the line height of the body.
    function prose(richText: string): string {
        return `${richTextStyle}<div style="line-height:${bodyLine}px; -qt-line-height-type:fixed;">${richText}</div>`
    }

    /// Highlighted code: whitespace counts, lines stand closer.
    function codeText(richText: string, wrap: bool): string {
        return `${richTextStyle}<div style="white-space:${wrap ? "pre-wrap" : "pre"}; line-height:${codeLine}px; -qt-line-height-type:fixed;">${richText}</div>`
    }

    /// Plain text as rich text that shows exactly it.
    function literal(plainText: string): string {
        const escaped = plainText.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;")
        return `<div style="white-space:pre-wrap; line-height:${bodyLine}px; -qt-line-height-type:fixed;">${escaped}</div>`
    }
}
