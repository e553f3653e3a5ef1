import QtQuick

/// Puts text on the clipboard, as it stands.
TextEdit {
    id: carrier

    function put(plainText: string) {
        text = plainText
        selectAll()
        copy()
        text = ""
    }

    visible: false
    textFormat: TextEdit.PlainText
    Accessible.ignored: true
}
