import QtQuick
import QtQuick.Layouts

/// One setting: its name, its number to type, its slider, and on hover or focus a word on what it does. A dot marks a value
/// that is not the model's own; pressing it goes back.
ColumnLayout {
    id: setting

    required property int index
    required property string label
    required property real value
    required property real minimum
    required property real maximum
    required property real step
    required property int decimals
    required property string explanation
    required property bool modified
    /// A range of more steps than a hand can aim at has no slider.
    readonly property bool slidable: (maximum - minimum) / step <= 10000

    signal valueChosen(real number)
    signal resetRequested

    spacing: 2

    RowLayout {
        spacing: Theme.px(4)

        Words {
            text: setting.label
            font.pixelSize: Theme.px(14)
            elide: Text.ElideRight
            Layout.fillWidth: true
            Layout.maximumWidth: Math.ceil(implicitWidth)
            Accessible.ignored: true

            HoverHandler { id: hover }
            HintTip {
                visible: hover.hovered && text !== ""
                text: setting.explanation
            }
        }
        IconButton {
            visible: setting.modified
            extent: Theme.px(22)
            label: qsTr("Reset %1").arg(setting.label)
            hint: qsTr("Changed. Press to go back to what the model brings.")
            onClicked: setting.resetRequested()
            contentItem: Item {
                Rectangle {
                    anchors.centerIn: parent
                    width: Theme.px(7)
                    height: width
                    radius: width / 2
                    color: Theme.accent
                }
            }
        }
        Item { Layout.fillWidth: true }
        NumberField {
            id: number
            value: setting.value
            minimum: setting.minimum
            maximum: setting.maximum
            step: setting.step
            decimals: setting.decimals
            label: setting.slidable ? qsTr("%1, number").arg(setting.label) : setting.label
            Accessible.description: setting.explanation
            onValueChosen: (number) => setting.valueChosen(number)
        }
    }
    ValueSlider {
        visible: setting.slidable
        label: setting.label
        from: setting.minimum
        to: setting.maximum
        stepSize: setting.step
        value: setting.value
        Layout.fillWidth: true
        Accessible.description: setting.explanation
        onMoved: {
            setting.valueChosen(value)
            value = Qt.binding(() => setting.value)
        }

        HoverHandler { id: sliderHover }
        HintTip {
            visible: sliderHover.hovered
            text: setting.explanation
            delay: 900
        }
    }
}
