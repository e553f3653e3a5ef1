pragma ComponentBehavior: Bound

import QtQuick

/// The delegate of a block: takes the roles, shows the block kind they call for. The kind may change while text streams (a
/// line of text turns out to be a table), hence no DelegateChooser, which decides once. (A Repeater of one is the Loader here:
/// in Qt 6.4 a Loader cannot create bound components.)
Item {
    id: block

    required property int index
    required property string kind
    required property string text
    required property string plain
    required property int level
    required property string marker
    required property int checked
    required property string language
    required property string code
    required property string highlighted
    required property int columns
    required property list<string> cells
    required property list<string> alignments

    /// Kind of the block above; empty: none.
    property string above: ""
    /// Distance to the block above: items of a list stand close.
    readonly property int gap: index === 0 ? 0 : kind === "list" && above === "list" ? Theme.px(4) : kind === "heading" ? Theme.px(20) : Theme.px(12)

    property Item shown: null

    implicitHeight: shown ? shown.implicitHeight + gap : 0

    Repeater {
        model: 1
        delegate: {
            switch (block.kind) {
            case "heading": return heading
            case "list": return listItem
            case "code": return codeBlock
            case "table": return table
            case "quote": return quote
            case "rule": return rule
            default: return paragraph
            }
        }
        onItemAdded: (index, item) => block.shown = item
        onItemRemoved: block.shown = null
    }

    Component {
        id: paragraph
        TextBlock {
            y: block.gap
            width: block.width
            text: block.text
        }
    }
    Component {
        id: heading
        HeadingBlock {
            y: block.gap
            width: block.width
            text: block.text
            plain: block.plain
            level: block.level
        }
    }
    Component {
        id: listItem
        ListBlock {
            y: block.gap
            width: block.width
            text: block.text
            level: block.level
            marker: block.marker
            checked: block.checked
        }
    }
    Component {
        id: codeBlock
        CodeBlock {
            y: block.gap
            width: block.width
            code: block.code
            highlighted: block.highlighted
            language: block.language
        }
    }
    Component {
        id: table
        TableBlock {
            y: block.gap
            width: block.width
            columns: block.columns
            cells: block.cells
            alignments: block.alignments
        }
    }
    Component {
        id: quote
        QuoteBlock {
            y: block.gap
            width: block.width
            text: block.text
            level: block.level
        }
    }
    Component {
        id: rule
        RuleBlock {
            y: block.gap
            width: block.width
        }
    }
}
