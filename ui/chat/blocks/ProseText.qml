import QtQuick

/// Selectable running text of a message, as rich text that Theme.prose or Theme.literal made. A link shows its target while
/// the pointer is on it and opens on a click, http, https and mailto only.
TextEdit {
    id: prose

    readonly property string target: hoveredLink

    function openLink(link: string) {
        if (/^(https?|mailto):/i.test(link))
            Qt.openUrlExternally(link)
    }

    textFormat: TextEdit.RichText
    readOnly: true
    selectByMouse: true
    selectByKeyboard: true
    persistentSelection: false
    activeFocusOnPress: true
    activeFocusOnTab: false
    wrapMode: TextEdit.Wrap
    font.family: Theme.sansFamily
    font.pixelSize: Theme.bodySize
    color: Theme.text
    selectionColor: Theme.accent
    selectedTextColor: Theme.inkOnAccent
    onLinkActivated: (link) => openLink(link)
    onActiveFocusChanged: if (!activeFocus) deselect()
    Accessible.ignored: true

    HoverHandler {
        cursorShape: prose.target !== "" ? Qt.PointingHandCursor : Qt.IBeamCursor
    }
    HintTip {
        visible: prose.target !== ""
        text: prose.target
        delay: 200
    }
}
