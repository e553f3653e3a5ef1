import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

/// The text of a message in place, to be changed. What was there stays as an earlier version.
Rectangle {
    id: editor

    required property string original
    /// Whether saving has a reply written.
    required property bool answerFollows
    readonly property bool saveable: area.text.trim() !== "" && area.text !== original

    signal saved(string text)
    signal cancelled

    implicitHeight: column.implicitHeight + Theme.px(20)
    radius: Theme.radius
    color: Theme.card
    border.width: 2
    border.color: Theme.accent

    Component.onCompleted: {
        area.text = original
        area.cursorPosition = area.length
        area.forceActiveFocus()
    }

    ColumnLayout {
        id: column
        anchors.fill: parent
        anchors.margins: Theme.px(10)
        spacing: 8

        Flickable {
            id: flick
            Layout.fillWidth: true
            Layout.preferredHeight: Math.min(area.contentHeight + 8, Theme.bodyLine * 14)
            contentWidth: width
            contentHeight: area.contentHeight + 8
            boundsBehavior: Flickable.StopAtBounds
            clip: true

            TextArea.flickable: TextArea {
                id: area
                wrapMode: TextArea.Wrap
                textFormat: TextEdit.PlainText
                font.family: Theme.sansFamily
                font.pixelSize: Theme.bodySize
                color: Theme.text
                selectionColor: Theme.accent
                selectedTextColor: Theme.inkOnAccent
                selectByMouse: true
                topPadding: 4
                bottomPadding: 4
                leftPadding: Theme.px(6)
                background: null
                Accessible.name: qsTr("Text of the message")
                KeyNavigation.priority: KeyNavigation.BeforeItem
                KeyNavigation.tab: cancel
                Keys.onEscapePressed: editor.cancelled()
                Keys.onPressed: (event) => {
                    const enter = event.key === Qt.Key_Return || event.key === Qt.Key_Enter
                    if (!enter || event.modifiers & Qt.ShiftModifier)
                        return
                    event.accepted = true
                    if (editor.saveable)
                        editor.saved(text)
                }
            }
            ScrollBar.vertical: ThinScrollBar {}
        }
        RowLayout {
            spacing: 8

            Words {
                text: editor.answerFollows ? qsTr("Makes a new version; the old one stays.")
                                           : qsTr("Saved as a new version; nothing is written anew.")
                color: Theme.faint
                font.pixelSize: Theme.captionSize
                elide: Text.ElideRight
                Layout.fillWidth: true
                Layout.leftMargin: Theme.px(6)
            }
            PushButton {
                id: cancel
                text: qsTr("Cancel")
                onClicked: editor.cancelled()
            }
            PushButton {
                text: editor.answerFollows ? qsTr("Save and send") : qsTr("Save")
                look: PushButton.Primary
                enabled: editor.saveable
                onClicked: editor.saved(area.text)
            }
        }
    }
}
