pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import Sotto.App

/// What was noticed about the template, a line each; pressing one shows all that is known of it.
Column {
    id: list

    required property PromptViewModel prompt
    property int open: -1

    signal lineRequested(int line)

    spacing: Theme.px(4)
    visible: prompt.findings.length > 0

    Repeater {
        model: list.prompt.findings
        delegate: Column {
            id: finding

            required property var modelData
            required property int index
            readonly property bool shown: list.open === index

            width: list.width
            spacing: Theme.px(4)

            PushButton {
                width: parent.width
                look: PushButton.Quiet
                implicitHeight: implicitContentHeight + Theme.px(10)
                leftPadding: Theme.px(4)
                rightPadding: Theme.px(4)
                text: finding.modelData.title
                hint: finding.shown ? "" : finding.modelData.sentence
                Accessible.description: finding.modelData.sentence
                onClicked: {
                    list.open = finding.shown ? -1 : finding.index
                    if (list.open >= 0 && finding.modelData.line > 0)
                        list.lineRequested(finding.modelData.line)
                }
                contentItem: RowLayout {
                    spacing: Theme.px(6)

                    Icon {
                        source: Theme.icon("info")
                        color: Theme.warn
                        Layout.alignment: Qt.AlignTop
                        Layout.topMargin: 1
                        size: Theme.px(15)
                    }
                    Words {
                        text: finding.modelData.title
                        font.pixelSize: Theme.smallSize
                        color: Theme.text
                        wrapMode: Text.Wrap
                        elide: Text.ElideRight
                        maximumLineCount: 2
                        Layout.fillWidth: true
                        Accessible.ignored: true
                    }
                    Words {
                        visible: finding.modelData.line > 0
                        text: qsTr("line %1").arg(finding.modelData.line)
                        font.pixelSize: Theme.captionSize
                        color: Theme.faint
                        Layout.alignment: Qt.AlignTop
                        Layout.topMargin: 1
                        Accessible.ignored: true
                    }
                }
            }
            Words {
                visible: finding.shown && finding.modelData.detail === ""
                width: parent.width
                leftPadding: Theme.px(25)
                text: finding.modelData.sentence
                color: Theme.dim
                font.pixelSize: Theme.captionSize
                lineHeight: 1.3
                wrapMode: Text.Wrap
            }
            Words {
                visible: finding.shown && finding.modelData.detail !== ""
                width: parent.width
                leftPadding: Theme.px(25)
                text: finding.modelData.detail
                color: Theme.dim
                font.family: Theme.monoFamily
                font.pixelSize: Theme.px(11)
                wrapMode: Text.WrapAnywhere
            }
        }
    }
}
