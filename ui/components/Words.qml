import QtQuick

/// Text in the window's typeface: body size and colour unless set otherwise. Never read as markup unless asked for.
Text {
    font.family: Theme.sansFamily
    font.pixelSize: Theme.bodySize
    color: Theme.text
    linkColor: Theme.accent
    textFormat: Text.PlainText
    Accessible.role: Accessible.StaticText
    Accessible.name: text
}
