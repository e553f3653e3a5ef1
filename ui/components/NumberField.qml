import QtQuick

/// A number that can be typed or stepped with the arrow keys; brought into its range when left.
TextLine {
    id: field

    required property real value
    required property real minimum
    required property real maximum
    required property real step
    required property int decimals

    signal valueChosen(real number)

    function shown(number: real): string {
        return Number(number).toFixed(decimals)
    }

    function commit() {
        const number = Number(text.trim().replace(",", "."))
        if (text.trim() !== "" && Number.isFinite(number) && shown(number) !== shown(value))
            valueChosen(Math.max(minimum, Math.min(maximum, number)))
        text = Qt.binding(() => shown(value))
    }

    function stepBy(count: real) {
        commit()
        valueChosen(Math.max(minimum, Math.min(maximum, value + count * step)))
    }

    text: shown(value)
    horizontalAlignment: TextInput.AlignRight
    inputMethodHints: Qt.ImhFormattedNumbersOnly
    maximumLength: 16
    implicitHeight: Theme.px(26)
    implicitWidth: Math.max(Theme.px(54), contentWidth + Theme.px(20))
    leftPadding: Theme.px(8)
    rightPadding: Theme.px(8)

    onAccepted: commit()
    onActiveFocusChanged: activeFocus ? selectAll() : commit()
    Keys.onUpPressed: stepBy(1)
    Keys.onDownPressed: stepBy(-1)
    Keys.onEscapePressed: (event) => {
        event.accepted = text !== shown(value)
        text = Qt.binding(() => shown(value))
    }
}
